"""Truth values and bits, element by element."""

from __future__ import annotations

from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "left_shift",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "right_shift",
]


@op("x1", "x2", promote="common", spec=specs.boolean)
def logical_and(x1, x2):
    """Whether both are true (not 0)."""
    return kernels.logical_and(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def logical_or(x1, x2):
    """Whether one or both are true (not 0)."""
    return kernels.logical_or(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def logical_xor(x1, x2):
    """Whether exactly one is true (not 0)."""
    return kernels.logical_xor(x1, x2)


@op("x", spec=specs.boolean)
def logical_not(x):
    """Whether x is false (0)."""
    return kernels.logical_not(x)


@op("x", "y", promote="common", spec=specs.elementwise)
def bitwise_and(x, y):
    """The bits that are set in both."""
    return kernels.bitwise_and(x, y)


@op("x", "y", promote="common", spec=specs.elementwise)
def bitwise_or(x, y):
    """The bits that are set in one or both."""
    return kernels.bitwise_or(x, y)


@op("x", "y", promote="common", spec=specs.elementwise)
def bitwise_xor(x, y):
    """The bits that are set in exactly one."""
    return kernels.bitwise_xor(x, y)


@op("x", spec=specs.elementwise)
def bitwise_invert(x):
    """The opposite of each bit."""
    return kernels.invert(x)


@op("x", spec=specs.elementwise)
def bitwise_not(x):
    """The opposite of each bit."""
    return kernels.invert(x)


@op("x", "y", promote="common", spec=specs.elementwise)
def bitwise_left_shift(x, y):
    """The bits of x moved y positions to the left: `x · 2ʸ`."""
    return kernels.left_shift(x, y)


@op("x", "y", promote="common", spec=specs.elementwise)
def left_shift(x, y):
    """The bits of x moved y positions to the left: `x · 2ʸ`."""
    return kernels.left_shift(x, y)


@op("x", "y", promote="common", spec=specs.elementwise)
def bitwise_right_shift(x, y):
    """The bits of x moved y positions to the right: `⌊x / 2ʸ⌋`."""
    return kernels.right_shift(x, y)


@op("x", "y", promote="common", spec=specs.elementwise)
def right_shift(x, y):
    """The bits of x moved y positions to the right: `⌊x / 2ʸ⌋`."""
    return kernels.right_shift(x, y)
