"""Every convolution algorithm, as a fused layer and by its parts, against float64 definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import conv as fast
from minicnn.backend.numpy import fused_layers as exact
from minicnn.common import configuration as config
from tests.backend.checks import strided, windows

CHANNELS = (1, 2, 3, 5, 8, 16, 20, 24)
FILTERS = (1, 5, 8, 16, 24, 36)
SEEDS = st.integers(0, 2**32)


@pytest.fixture(autouse=True)
def _restore_the_choice():
    yield
    config.set_convolution_algorithm("auto")


@st.composite
def fused_layers(draw):
    window = draw(windows(dimensions=(1, 2, 2, 2), channels=CHANNELS))
    channels = window.input_shape[-1]
    groups = draw(st.sampled_from([g for g in (1, 1, 2, channels) if channels % g == 0]))
    filters = groups * draw(st.sampled_from(FILTERS if groups == 1 else (1, 2, 8)))
    activation = draw(st.sampled_from(("linear", "relu", "relu6")))
    pooled = len(window.size) == 2 and draw(st.booleans())
    return window, filters, groups, activation, pooled, draw(st.booleans()), draw(SEEDS)


@pytest.mark.parametrize("channels", [1, 16])
@pytest.mark.parametrize("place", [(4, 4), (4, 7), (7, 4), (7, 7)])
def test_nan_is_the_maximum_with_and_without_argmax(channels, place):
    x = np.random.default_rng(1).standard_normal((1, 8, 8, channels)).astype("float32")
    kernel = np.ones((3, 3, channels, 8), "float32")
    x[0, *place] = np.nan  # of the pixels 4 and 5 of the result, 4 sees it or 5 sees 7
    arguments = x, kernel, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1, "relu", True
    expected, _ = exact.conv_layer(*arguments)
    assert np.isnan(expected[0, 2, 2]).all()
    for argmax_needed in (True, False):
        y, _ = fast.conv_layer(*arguments, argmax_needed)
        assert np.isnan(y[0, 2, 2]).all()


def check(window, filters, groups, activation, pooled, biased, seed, prepare=np.asarray):
    """Compare the fused layer and its gradients on random arrays.

    The gradients are those at what the fast block gave, so that a near tie, which may be decided
    the other way, does not matter.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(window.input_shape).astype("float32")
    shape = (*window.size, x.shape[-1] // groups, filters)
    kernel = (rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype("float32")
    bias = rng.standard_normal(filters).astype("float32") if biased else None
    kernel *= 6 if activation == "relu6" else 1  # for sums above 6
    arguments = x, kernel, bias
    wide = [None if a is None else a.astype("float64") for a in arguments]
    arguments = [None if a is None else prepare(a) for a in arguments]

    y, argmax = fast.conv_layer(*arguments, *window.where, groups, activation, pooled)
    expected, _ = exact.conv_layer(*wide, *window.where, groups, activation, pooled)
    near(y, expected)
    assert (argmax is not None) == pooled
    same, _ = fast.conv_layer(*arguments, *window.where, groups, activation, pooled, False)
    np.testing.assert_array_equal(same, y)
    if pooled:
        pixels, _ = exact.conv_layer(*wide, *window.where, groups, activation)
        chosen = exact.max_pool_2x2_gradient(np.ones_like(y), argmax, pixels.shape[1:3])
        np.testing.assert_allclose(
            exact.max_pool_2x2(np.where(chosen == 1, pixels, -np.inf))[0], expected, atol=1e-4
        )

    cotangent = rng.standard_normal(y.shape).astype("float32")
    settings = (*window.where, groups, activation)
    found = fast.conv_layer_gradients(
        prepare(cotangent), *arguments[:2], prepare(y), argmax, *settings
    )
    wide_cotangent = cotangent.astype("float64")
    gradients = exact.conv_layer_gradients(wide_cotangent, *wide[:2], y, argmax, *settings)
    for one, other in zip(found, gradients, strict=True):
        near(one, other)
    alone = fast.conv_layer_gradients(
        cotangent, *arguments[:2], y, argmax, *settings, input_needed=False
    )
    assert alone[0] is None
    np.testing.assert_array_equal(alone[1], found[1])


def near(found, expected):
    """Norm-wise within what Winograd's transforms may lose."""
    assert found.shape == expected.shape and found.dtype == np.float32
    error, size = np.linalg.norm(found - expected), np.linalg.norm(expected)
    assert error <= 1e-5 * size + 1e-6, f"error {error} of {size}"


@pytest.mark.parametrize("algorithm", config.CONVOLUTION_ALGORITHMS)
@given(fused_layers())
@settings(max_examples=40, deadline=None)
def test_every_kind_of_layer(algorithm, case):
    config.set_convolution_algorithm(algorithm)
    check(*case)


@pytest.mark.parametrize("algorithm", config.CONVOLUTION_ALGORITHMS)
@given(fused_layers())
@settings(max_examples=10, deadline=None)
def test_arrays_that_are_not_contiguous(algorithm, case):
    config.set_convolution_algorithm(algorithm)
    check(*case, prepare=strided)
