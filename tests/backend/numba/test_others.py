"""Numba's element-by-element and row-by-row kernels against the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import (
    activations,
    arithmetic,
    dropout,
    losses,
    normalization,
    products,
    random,
    softmax,
)
from minicnn.backend.numpy import activations as exact_activations
from minicnn.backend.numpy import fused_layers as exact_layers
from minicnn.backend.numpy import losses as exact_losses
from minicnn.backend.numpy import normalization as exact_normalization
from minicnn.backend.numpy import random as exact_random
from minicnn.backend.numpy import softmax as exact_softmax
from tests.backend.checks import assert_rounding_only, near, strided

DTYPES = ["float32", "float64"]
SHAPES = [(0, 5), (3, 1), (7, 10), (700, 130)]
LARGE = (40, 20, 20, 9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["relu", "relu6"])
def test_relu(name, dtype, shape, rng):
    x, cotangent = 5 * rng.standard_normal((2, *shape)).astype(dtype)
    y = getattr(exact_activations, name)(x)
    np.testing.assert_array_equal(getattr(activations, name)(strided(x)), y)
    np.testing.assert_array_equal(
        getattr(activations, f"{name}_gradient")(strided(cotangent), y),
        getattr(exact_activations, f"{name}_gradient")(cotangent, y),
    )


@pytest.mark.parametrize(("name", "highest"), [("relu", np.inf), ("relu6", 6)])
def test_relu_of_nan_and_infinities(name, highest):
    x = np.tile(np.array([np.nan, np.inf, -np.inf, -0.0], np.float32), 8)
    expected = np.tile([np.nan, highest, 0, 0], 8)
    np.testing.assert_array_equal(getattr(activations, name)(x), expected)
    np.testing.assert_array_equal(arithmetic.add_and_activate(x, x, name), expected)
    gradient = getattr(activations, f"{name}_gradient")
    passed = gradient(np.full_like(x, 2), expected.astype("float32"))
    np.testing.assert_array_equal(passed, np.tile([0, 2 * (name == "relu"), 0, 0], 8))


@given(
    st.tuples(st.integers(0, 5), st.integers(1, 40), st.integers(1, 300)),
    st.sampled_from(DTYPES),
    st.sampled_from(("linear", "relu", "relu6")),
    st.integers(0, 2**32),
)
@settings(max_examples=40, deadline=None)
def test_add_and_activate(shape, dtype, activation, seed):
    x1, x2 = 4 * np.random.default_rng(seed).standard_normal((2, *shape)).astype(dtype)
    found = arithmetic.add_and_activate(strided(x1), x2, activation)
    np.testing.assert_array_equal(found, exact_layers.add_and_activate(x1, x2, activation))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_family(name, dtype, shape, axis, rng):
    if not shape[axis]:
        return
    x, cotangent = 3 * rng.standard_normal((2, *shape)).astype(dtype)
    y = getattr(exact_softmax, name)(x, axis)
    near(getattr(softmax, name)(strided(x), axis), y)
    gradient = f"{name}_gradient"
    expected = getattr(exact_softmax, gradient)(cotangent, y, axis)
    near(getattr(softmax, gradient)(strided(cotangent), y, axis), expected, ulps=200)


def test_softmax_at_the_limits():
    x = np.array([[1e4, 1e4 - 1, -1e4], [-np.inf, 0, 0], [np.nan, 0, 0]], np.float32)
    for name in ("softmax", "log_softmax"):
        expected = getattr(exact_softmax, name)(x)
        np.testing.assert_allclose(getattr(softmax, name)(x), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["celu", "hard_silu", "softsign"])
def test_piecewise_formulas_are_the_formulas(name, rng):
    x = rng.standard_normal((300, 401)).astype("float32")
    formula = getattr(exact_activations, name)
    np.testing.assert_array_equal(getattr(activations, name)(strided(x)), formula(x))
    np.testing.assert_array_equal(getattr(activations, name)(x[:3]), formula(x[:3]))


def test_settings_reach_the_formula(rng):
    x = rng.standard_normal(100_000)
    np.testing.assert_array_equal(
        activations.leaky_relu(x, negative_slope=0.5), exact_activations.leaky_relu(x, 0.5)
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add", "multiply"])
@pytest.mark.parametrize(
    "other", [LARGE, LARGE[-1:], (1, 1, 1, 9), (20, 9), (1, 20, 1, 1), (), (40, 20, 20, 1)]
)
def test_arithmetic_with_broadcasting(name, other, dtype, rng):
    x, y = rng.standard_normal(LARGE).astype(dtype), rng.standard_normal(other).astype(dtype)
    ours, numpys = getattr(arithmetic, name), getattr(np, name)
    np.testing.assert_array_equal(ours(x, y), numpys(x, y))
    np.testing.assert_array_equal(ours(y, x), numpys(x, y))
    np.testing.assert_array_equal(ours(strided(x), y), numpys(x, y))


def test_arithmetic_of_what_is_no_array_or_of_two_types(rng):
    x = rng.standard_normal(LARGE).astype("float32")
    assert arithmetic.add(x, 2.0).dtype == np.float32
    assert arithmetic.multiply(x, np.ones(9)).dtype == np.float64
    assert arithmetic.add(1, 2) == 3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("rows", "terms", "columns"),
    [(700, 190, 130), (130, 190, 700), (3, 0, 2), (0, 4, 5), (1, 5000, 300), (2, 3, 4)],
)
def test_matrix_products(rows, terms, columns, dtype, rng):
    x = rng.standard_normal((terms, rows)).astype(dtype).T
    y = strided(rng.standard_normal((terms, columns)).astype(dtype))
    wide_x, wide_y = x.astype("float64"), y.astype("float64")
    assert_rounding_only(products.matmul(x, y), wide_x @ wide_y, abs(wide_x) @ abs(wide_y), terms)


def test_other_products_are_numpys(rng):
    x, y = rng.standard_normal((3, 4, 5)), rng.standard_normal(5)
    np.testing.assert_array_equal(products.matmul(x, y), x @ y)
    with pytest.raises(ValueError, match="mismatch"):
        products.matmul(np.ones((3, 4)), np.ones((5, 6)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [LARGE, (30_000, 3), (5, 4)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sum_of_channels(dtype, shape, keepdims, rng):
    x = rng.standard_normal(shape).astype(dtype)
    axes = tuple(range(len(shape) - 1))
    wide = x.astype("float64")
    terms = x.size // shape[-1]
    found = arithmetic.sum(x, axis=axes, keepdims=keepdims)
    magnitude = abs(wide).sum(axes, keepdims=keepdims)
    assert_rounding_only(found, wide.sum(axes, keepdims=keepdims), magnitude, terms)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (1, 2, 3)])
def test_other_sums_are_numpys(axis, rng):
    x = rng.standard_normal(LARGE)
    np.testing.assert_array_equal(arithmetic.sum(x, axis=axis), x.sum(axis))
    assert arithmetic.sum(x.astype("float32"), axis=(0, 1, 2), dtype="float64").dtype == "float64"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(dtype, keepdims, rng):
    x = (rng.standard_normal(LARGE) + 100).astype(dtype)
    for axes in ((0, 1, 2), (1, 2)):
        found = normalization.moments(x, axes, keepdims)
        expected = exact_normalization.moments(x.astype("float64"), axes, keepdims)
        tolerance = 1e3 * np.finfo(dtype).eps
        for one, other in zip(found, expected, strict=True):
            assert one.dtype == dtype
            np.testing.assert_allclose(one, other, rtol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label_type", ["int32", "uint8"])
@pytest.mark.parametrize("shape", [(0, 3), (7, 10), (2, 3, 4), (3000, 11), (5,)])
def test_cross_entropy(shape, dtype, label_type, rng):
    logits = 4 * rng.standard_normal(shape).astype(dtype)
    labels = np.asarray(rng.integers(0, shape[-1], shape[:-1]), label_type)
    cotangent = np.asarray(rng.standard_normal(shape[:-1]), dtype)
    near(
        losses.sparse_softmax_cross_entropy(strided(logits), labels),
        np.asarray(exact_losses.sparse_softmax_cross_entropy(logits, labels)),
    )
    near(
        losses.sparse_softmax_cross_entropy_gradient(cotangent, strided(logits), labels),
        exact_losses.sparse_softmax_cross_entropy_gradient(cotangent, logits, labels),
    )


@pytest.mark.parametrize("count", [0, 1, 5, 49_999, 50_000, 50_047, 50_048, 50_049, 100_003])
def test_random_words_are_the_definitions(count):
    found = random.random_bits((0xFFFFFFFF, 7), count, stream=3)
    np.testing.assert_array_equal(found, exact_random.random_bits((0xFFFFFFFF, 7), count, 3))


@pytest.mark.parametrize("dtype", [*DTYPES, "float16"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (8, 8), (130, 77), (500, 801)])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_dropout_is_the_definition(shape, dtype, rate, rng):
    x = np.asarray(rng.standard_normal(shape), dtype)
    found = dropout.dropout(x, rate, (3, 4))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, exact_random.dropout(x, rate, (3, 4)))


def test_read_only_arrays_are_read(rng):
    x = rng.standard_normal((3, 10)).astype("float32")
    x.flags.writeable = False
    np.testing.assert_array_equal(activations.relu(x), exact_activations.relu(x))
    np.testing.assert_array_equal(
        dropout.dropout(x, 0.5, (1, 2)), exact_random.dropout(x, 0.5, (1, 2))
    )
