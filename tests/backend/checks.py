"""What the backend tests share: random cases, exact derivatives, bounds on rounding errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

TINY = 1e-30


class Window(NamedTuple):
    """A convolution's or pooling's input shape and windows."""

    input_shape: tuple[int, ...]
    size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    @property
    def where(self):
        return self.strides, self.padding, self.dilation


@st.composite
def windows(draw, dimensions=(1, 2), channels=(1, 2, 3, 4, 6), dilated=True, pooling=False):
    """Windows of every kind: larger strides than windows, even sizes, as large as the input."""
    count = draw(st.sampled_from(dimensions))
    per_dimension = [draw(_windows_along_one_axis(dilated, pooling)) for _ in range(count)]
    spatial, size, strides, padding, dilation = zip(*per_dimension, strict=True)
    batch = draw(st.sampled_from((0, 1, 2, 3)))
    shape = (batch, *spatial, draw(st.sampled_from(channels)))
    return Window(shape, size, strides, padding, dilation)


@st.composite
def _windows_along_one_axis(draw, dilated, pooling):
    size, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3)) if dilated else 1
    extent = (size - 1) * dilation + 1
    # A pooling window must not lie in the padding alone.
    most = size - 1 if pooling else 3
    padding = draw(st.integers(0, most)), draw(st.integers(0, most))
    length = draw(st.integers(max(1, extent - sum(padding)), extent + 5))
    return length, size, draw(st.integers(1, 4)), padding, dilation


def derivative_along(function: Callable, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The derivative of an analytic function by the complex step, exact to rounding.

    Source: Squire, Trapp, "Using complex variables to estimate derivatives of real functions"
    (1998).
    """
    return function(x + 1j * TINY * direction).imag / TINY


def assert_adjoint(forward: np.ndarray, y: np.ndarray, x: np.ndarray, backward: np.ndarray):
    """⟨forward, y⟩ = ⟨x, backward⟩, up to the rounding of the two sums."""
    left, right = (forward * y).sum(), (x * backward).sum()
    size = np.abs(forward * y).sum() + np.abs(x * backward).sum()
    assert abs(left - right) <= 1e-13 * size


def assert_rounding_only(found, exact, magnitude, terms: int):
    """`found`, a sum of `terms` products, is `exact` but for rounding in its own type.

    `magnitude` is the same sum over absolute values, which bounds every partial sum.
    Source: Higham, "Accuracy and stability of numerical algorithms" (2002), section 3.1.
    """
    assert found.shape == exact.shape
    bound = (terms + 4) * np.finfo(found.dtype).eps * magnitude
    error = np.abs(found.astype(np.float64) - exact)
    assert (error <= bound).all(), f"largest error {error.max()} of {bound.max()} allowed"


def near(found, expected, ulps=16):
    """Equal up to some units in the last place of the largest number."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    size = np.abs(expected).max(initial=np.finfo(found.dtype).tiny)
    assert np.abs(found - expected).max(initial=0) <= ulps * np.finfo(found.dtype).eps * size


def distinct(shape, rng, dtype="float64") -> np.ndarray:
    """Random order, no two equal: no ties and no kinks near."""
    count = int(np.prod(shape))
    return (rng.permutation(count).reshape(shape) - 0.4 * count).astype(dtype)


def strided(x: np.ndarray) -> np.ndarray:
    """The same values in an array that is not contiguous."""
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def guarded(x: np.ndarray, guard: int = 64) -> np.ndarray:
    """The same array with NaN in the memory before and behind it."""
    wide = np.full(x.size + 2 * guard, np.nan, x.dtype)
    inside = wide[guard : guard + x.size].reshape(x.shape)
    inside[...] = x
    return inside
