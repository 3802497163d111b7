"""Relu, its gradient, and other activations without exponentials.

Relu is a compiled loop, on several threads. The other activations are NumPy's formulas, applied
piece by piece (`machine/piecewise.py`). Those made of exponentials are in `exponentials.py`.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, same_float
from minicnn.backend.numba.machine.piecewise import piecewise
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import activations as definition

PIECE = 16_384  # elements


def relu(x: np.ndarray) -> np.ndarray:
    """`max(x, 0)`. NaN stays NaN."""
    if not same_float(x):
        return definition.relu(x)
    y = np.empty(x.shape, x.dtype)
    for_chunks(_relu, x.size, x.reshape(-1), y.reshape(-1), smallest=PIECE)
    return y


def relu_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu(x)`: the cotangent where `y > 0`, zero elsewhere."""
    if not same_float(cotangent, y) or cotangent.shape != y.shape:
        return definition.relu_gradient(cotangent, y)
    gradient = np.empty(y.shape, y.dtype)
    arrays = cotangent.reshape(-1), y.reshape(-1), gradient.reshape(-1)
    for_chunks(_relu_gradient, y.size, *arrays, smallest=PIECE)
    return gradient


celu = piecewise(definition.celu)
hard_sigmoid = piecewise(definition.hard_sigmoid)
hard_silu = piecewise(definition.hard_silu)
leaky_relu = piecewise(definition.leaky_relu)
relu6 = piecewise(definition.relu6)
softsign = piecewise(definition.softsign)


# For the compiler to use vector instructions, loops start at 0, zeros have the array's type, and
# values are read before they are compared.


@compiled
def _relu(start, stop, x, y):
    x, y, zero = x[start:stop], y[start:stop], x.dtype.type(0)
    for i in range(len(x)):
        value = x[i]
        y[i] = zero if value <= zero else value


@compiled
def _relu_gradient(start, stop, cotangent, y, gradient):
    cotangent, y, gradient = cotangent[start:stop], y[start:stop], gradient[start:stop]
    zero = y.dtype.type(0)
    for i in range(len(y)):
        value = cotangent[i]
        gradient[i] = value if y[i] > zero else zero
