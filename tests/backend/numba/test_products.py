"""Matrix products and dense layers against the definitions in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import config
from minicnn.backend.numba import products as fast
from minicnn.backend.numpy import fused_layers as exact
from tests.backend.checks import assert_rounding_only, strided

# Both sides of the sizes at which products are cut, and what cannot be cut evenly.
LARGE = [(32, 784, 300), (300, 784, 128), (9000, 33, 20), (20, 40_000, 17), (700, 190, 130)]


@st.composite
def cases(draw):
    sizes = [draw(st.integers(least, 40)) for least in (0, 1, 1)]
    kinds = st.sampled_from(("float32", "float64")), st.sampled_from(("linear", "relu", "relu6"))
    return (*sizes, *map(draw, kinds), draw(st.booleans()), draw(st.integers(0, 2**32)))


def random_case(rows, terms, units, dtype, biased, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, terms)).astype(dtype)
    kernel = rng.standard_normal((terms, units)).astype(dtype)
    bias = rng.standard_normal(units).astype(dtype) if biased else None
    return x, kernel, bias, rng.standard_normal((rows, units)).astype(dtype)


def check(rows, terms, units, dtype, activation, biased, seed, prepare=np.asarray):
    x, kernel, bias, cotangent = random_case(rows, terms, units, dtype, biased, seed)
    x *= 4 if activation == "relu6" else 1  # for results above 6
    wide = [None if a is None else a.astype("float64") for a in (x, kernel, bias)]
    sizes = [None if a is None else abs(a) for a in wide]
    y = fast.dense_layer(prepare(x), prepare(kernel), bias, activation)
    assert y.dtype == dtype
    magnitude = exact.dense_layer(*sizes, "linear")
    assert_rounding_only(y, exact.dense_layer(*wide, activation), magnitude, terms)

    settings = (y, activation)
    found = fast.dense_layer_gradients(prepare(cotangent), prepare(x), prepare(kernel), *settings)
    cotangent = cotangent.astype("float64")
    expected = exact.dense_layer_gradients(cotangent, *wide[:2], *settings)
    magnitudes = exact.dense_layer_gradients(abs(cotangent), *sizes[:2], *settings)
    for one, other, size, length in zip(
        found, expected, magnitudes, (units, rows, rows), strict=True
    ):
        assert one.dtype == dtype
        assert_rounding_only(one, other, size, length)


@given(cases())
@settings(max_examples=80, deadline=None)
def test_small_dense_layers(case):
    check(*case)
    check(*case, prepare=strided)


@pytest.mark.parametrize("sizes", LARGE)
@pytest.mark.parametrize("activation", ["linear", "relu", "relu6"])
def test_dense_layers_that_are_cut(sizes, activation):
    check(*sizes, "float32", activation, True, 5)


def test_what_is_not_needed_is_not_computed(rng):
    x, kernel, _, cotangent = random_case(3, 4, 5, "float32", False, 1)
    of_x, of_kernel, of_bias = fast.dense_layer_gradients(
        cotangent, x, kernel, None, "linear", input_needed=False
    )
    assert of_x is None
    np.testing.assert_allclose(of_kernel, x.T @ cotangent, rtol=1e-5)
    np.testing.assert_allclose(of_bias, cotangent.sum(0), rtol=1e-5)
    only_x = fast.dense_layer_gradients(cotangent, x, kernel, None, "linear", kernel_needed=False)
    assert only_x[0] is not None and only_x[1:] == (None, None)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_nan_and_infinities_pass_relu(rng):
    x = np.array([[np.nan, 1], [np.inf, 1], [-np.inf, 1]], np.float32)
    y = fast.dense_layer(x, np.ones((2, 3), np.float32), np.zeros(3, np.float32), "relu")
    np.testing.assert_array_equal(y[:, 0], [np.nan, np.inf, 0])


def test_a_cotangent_that_relu_stops_may_be_infinite():
    y = np.zeros((1, 2), np.float32)
    cotangent = np.full((1, 2), np.inf, np.float32)
    x, kernel = np.ones((1, 3), np.float32), np.ones((3, 2), np.float32)
    for gradient in fast.dense_layer_gradients(cotangent, x, kernel, y, "relu"):
        assert not gradient.any()


def test_other_types_are_numpys(rng):
    x, kernel = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)).astype("float32")
    y = fast.dense_layer(x, kernel, None, "relu")
    np.testing.assert_array_equal(y, exact.dense_layer(x, kernel, None, "relu"))
    assert fast.dense_layer_gradients(y, x, kernel, y, "relu")[1].dtype == np.float64


@pytest.mark.parametrize("sizes", LARGE)
def test_the_number_of_threads_changes_no_bit(sizes):
    x, kernel, bias, cotangent = random_case(*sizes, "float32", True, 3)
    results = []
    before = config.threads()
    for count in (1, 2, 3):
        config.set_threads(count)
        y = fast.dense_layer(x, kernel, bias, "relu")
        results.append((y, *fast.dense_layer_gradients(cotangent, x, kernel, y, "relu")))
    config.set_threads(before)
    for other in results[1:]:
        for one, same in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, same)
