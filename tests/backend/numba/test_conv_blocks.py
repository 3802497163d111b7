"""Every convolution algorithm, as a block and by its parts, against the definition in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import config
from minicnn.backend.numba import conv as fast
from minicnn.backend.numpy import blocks as exact
from tests.backend.checks import strided, windows

CHANNELS = (1, 2, 3, 5, 8, 16, 20, 24)
FILTERS = (1, 5, 8, 16, 24, 36)


@pytest.fixture(autouse=True)
def _restore_the_choice():
    yield
    config.set_convolution_algorithm("auto")


@st.composite
def blocks(draw):
    window = draw(windows(dimensions=(2,), channels=CHANNELS))
    filters = draw(st.sampled_from(FILTERS))
    activation = draw(st.sampled_from(("linear", "relu")))
    flags = draw(st.booleans()), draw(st.booleans())
    return window, filters, activation, *flags, draw(st.integers(0, 2**32))


def check(window, filters, activation, pooled, biased, seed, prepare=np.asarray):
    """Compare the block and its gradients on random arrays.

    The gradients are those at what the fast block gave, so that a near tie, which may be decided
    the other way, does not matter.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(window.input_shape).astype("float32")
    shape = (*window.size, x.shape[-1], filters)
    kernel = (rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype("float32")
    bias = rng.standard_normal(filters).astype("float32") if biased else None
    arguments = x, kernel, bias
    wide = [None if a is None else a.astype("float64") for a in arguments]
    arguments = [None if a is None else prepare(a) for a in arguments]

    y, winners = fast.conv_block(*arguments, *window.where, 1, activation, pooled)
    expected, _ = exact.conv_block(*wide, *window.where, 1, activation, pooled)
    near(y, expected)
    assert (winners is not None) == pooled
    if pooled:
        pixels, _ = exact.conv_block(*wide, *window.where, 1, activation)
        chosen = exact.max_pool_by_two_gradient(np.ones_like(y), winners, pixels.shape[1:3])
        np.testing.assert_allclose(
            exact.max_pool_by_two(np.where(chosen == 1, pixels, -np.inf))[0], expected, atol=1e-4
        )

    cotangent = rng.standard_normal(y.shape).astype("float32")
    settings = (*window.where, 1, activation)
    found = fast.conv_block_gradients(
        prepare(cotangent), *arguments[:2], prepare(y), winners, *settings
    )
    wide_cotangent = cotangent.astype("float64")
    gradients = exact.conv_block_gradients(wide_cotangent, *wide[:2], y, winners, *settings)
    for one, other in zip(found, gradients, strict=True):
        near(one, other)
    alone = fast.conv_block_gradients(
        cotangent, *arguments[:2], y, winners, *settings, input_needed=False
    )
    assert alone[0] is None
    np.testing.assert_array_equal(alone[1], found[1])


def near(found, expected):
    """Norm-wise within what Winograd's transforms may lose."""
    assert found.shape == expected.shape and found.dtype == np.float32
    error, size = np.linalg.norm(found - expected), np.linalg.norm(expected)
    assert error <= 1e-5 * size + 1e-6, f"error {error} of {size}"


@pytest.mark.parametrize("algorithm", config.CONVOLUTION_ALGORITHMS)
@given(blocks())
@settings(max_examples=40, deadline=None)
def test_every_kind_of_block(algorithm, case):
    config.set_convolution_algorithm(algorithm)
    check(*case)


@pytest.mark.parametrize("algorithm", config.CONVOLUTION_ALGORITHMS)
@given(blocks())
@settings(max_examples=10, deadline=None)
def test_arrays_that_are_not_contiguous(algorithm, case):
    config.set_convolution_algorithm(algorithm)
    check(*case, prepare=strided)
