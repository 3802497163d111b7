"""Complex numbers from polar coordinates."""

from __future__ import annotations

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import composite
from minicnn.ops.numpy.complex_numbers import from_parts

__all__ = ["polar"]


@composite("abs_", "angle")
def polar(abs_, angle):
    """The complex number of an absolute value r and an angle φ: `r cos φ + i r sin φ`.

    >>> import minicnn as keras
    >>> keras.ops.polar(2.0, 0.0)
    Tensor(2.+0.j, dtype=complex64)
    """
    return from_parts(abs_ * ops.cos(angle), abs_ * ops.sin(angle))
