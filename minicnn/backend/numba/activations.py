"""Relu, relu6, their gradients, and other activations without exponentials.

The first two are compiled loops, on several threads. The other activations are NumPy's formulas,
applied piece by piece (`machine/piecewise.py`). Those made of exponentials are in
`exponentials.py`.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part, same_float
from minicnn.backend.numba.machine.piecewise import piecewise
from minicnn.backend.numba.machine.simd import at_most, rectified, splat, where_within
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import activations as definition

PIECE = 16_384  # elements

CEILINGS = {"linear": np.nan, "relu": np.nan, "relu6": 6.0}
"""The upper bound of an activation's result; NaN where there is none: no number is above NaN."""

Ending = tuple[bool, np.float32]
"""An activation for compiled functions: whether negative numbers become zero; the upper bound."""


def ending_of(activation: str) -> Ending:
    """The activation as a flag and a number."""
    return activation != "linear", np.float32(CEILINGS[activation])


@part
def ended(sums, ending):
    """The activation of eight sums."""
    return at_most(rectified(sums), splat(ending[1])) if ending[0] else sums


@part
def before_ending(cotangent, y, ending):
    """The cotangent of eight sums, from that of `y = ended(sums)`, if negative ones become zero."""
    return where_within(cotangent, y, splat(ending[1]))


def relu(x: np.ndarray) -> np.ndarray:
    """`max(x, 0)`. NaN stays NaN."""
    return _activated(x, "relu") if same_float(x) else definition.relu(x)


def relu_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu(x)`: the cotangent where `y > 0`, zero elsewhere."""
    if _is_compiled(cotangent, y):
        return _activation_gradient(cotangent, y, "relu")
    return definition.relu_gradient(cotangent, y)


def relu6(x: np.ndarray) -> np.ndarray:
    """`min(max(x, 0), 6)`. NaN stays NaN."""
    return _activated(x, "relu6") if same_float(x) else definition.relu6(x)


def relu6_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu6(x)`: the cotangent where `0 < y < 6`, else zero."""
    if _is_compiled(cotangent, y):
        return _activation_gradient(cotangent, y, "relu6")
    return definition.relu6_gradient(cotangent, y)


celu = piecewise(definition.celu)
hard_sigmoid = piecewise(definition.hard_sigmoid)
hard_silu = piecewise(definition.hard_silu)
leaky_relu = piecewise(definition.leaky_relu)
softsign = piecewise(definition.softsign)


ACTIVATIONS = {"relu": (relu, relu_gradient), "relu6": (relu6, relu6_gradient)}
"""Each activation but "linear", and its gradient: from the cotangent and the result."""


def _is_compiled(cotangent: np.ndarray, y: np.ndarray) -> bool:
    return same_float(cotangent, y) and cotangent.shape == y.shape


def _activated(x: np.ndarray, activation: str) -> np.ndarray:
    y, ceiling = np.empty(x.shape, x.dtype), x.dtype.type(CEILINGS[activation])
    for_chunks(_relu, x.size, x.reshape(-1), y.reshape(-1), ceiling, smallest=PIECE)
    return y


def _activation_gradient(cotangent: np.ndarray, y: np.ndarray, activation: str) -> np.ndarray:
    gradient, ceiling = np.empty(y.shape, y.dtype), y.dtype.type(CEILINGS[activation])
    arrays = cotangent.reshape(-1), y.reshape(-1), gradient.reshape(-1)
    for_chunks(_relu_gradient, y.size, *arrays, ceiling, smallest=PIECE)
    return gradient


# For the compiler to use vector instructions, loops start at 0, zeros have the array's type, and
# values are read before they are compared.


@compiled
def _relu(start, stop, x, y, ceiling):
    x, y, zero = x[start:stop], y[start:stop], x.dtype.type(0)
    for i in range(len(x)):
        value = x[i]
        value = ceiling if value > ceiling else value
        y[i] = zero if value <= zero else value


@compiled
def _relu_gradient(start, stop, cotangent, y, gradient, ceiling):
    cotangent, y, gradient = cotangent[start:stop], y[start:stop], gradient[start:stop]
    zero = y.dtype.type(0)
    for i in range(len(y)):
        value, result = cotangent[i], y[i]
        value = zero if result >= ceiling else value
        gradient[i] = value if result > zero else zero
