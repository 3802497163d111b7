"""Adam in one pass over the parameter, its gradient and its two averages."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compile import compiled, contiguous, same_float
from minicnn.backend.numba.threads import for_chunks
from minicnn.backend.numpy import optimizers as definition

PIECE = 16_384  # elements that are worth waking a thread for
SMALL = 2048  # elements that NumPy is done with before a kernel has started


def adam_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    momentum: np.ndarray,
    velocity: np.ndarray,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam, into new arrays; see `backend/numpy/optimizers.py`."""
    arrays = (parameter, gradient, momentum, velocity)
    if parameter.size <= SMALL or not same_float(*arrays):
        return definition.adam_step(*arrays, alpha, beta_1, beta_2, epsilon)
    number = parameter.dtype.type
    settings = number(alpha), number(1 - beta_1), number(1 - beta_2), number(epsilon)
    old = tuple(array.reshape(-1) for array in contiguous(*arrays))
    new = [np.empty(parameter.shape, parameter.dtype) for _ in range(3)]
    flat = tuple(array.reshape(-1) for array in new)
    for_chunks(_adam, parameter.size, old, flat, *settings, smallest=PIECE)
    return tuple(new)


@compiled
def _adam(start, stop, old, new, alpha, fresh_1, fresh_2, epsilon):
    # Slices that start at 0 let the compiler use vector instructions.
    parameter, gradient = old[0][start:stop], old[1][start:stop]
    momentum, velocity = old[2][start:stop], old[3][start:stop]
    new_parameter, new_momentum = new[0][start:stop], new[1][start:stop]
    new_velocity = new[2][start:stop]
    for i in range(len(parameter)):
        g = gradient[i]
        m = momentum[i] + (g - momentum[i]) * fresh_1
        v = velocity[i] + (g * g - velocity[i]) * fresh_2
        new_momentum[i] = m
        new_velocity[i] = v
        new_parameter[i] = parameter[i] - alpha * m / (np.sqrt(v) + epsilon)
