"""Adam in one pass over the parameter, its gradient and its two averages."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compile import compiled, contiguous, same_float
from minicnn.backend.numba.threads import for_chunks
from minicnn.backend.numpy import optimizers as definition

PIECE = 16_384  # elements that are worth waking a thread for


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
    if not same_float(*arrays):
        return definition.adam_step(*arrays, alpha, beta_1, beta_2, epsilon)
    number = parameter.dtype.type
    settings = number(alpha), number(1 - beta_1), number(1 - beta_2), number(epsilon)
    old = [array.reshape(-1) for array in contiguous(*arrays)]
    new = [np.empty(parameter.shape, parameter.dtype) for _ in range(3)]
    flat = [array.reshape(-1) for array in new]
    for_chunks(_adam, parameter.size, *old, *flat, *settings, smallest=PIECE)
    return tuple(new)


@compiled
def _adam(
    start, stop, parameter, gradient, momentum, velocity, new_parameter, new_momentum,
    new_velocity, alpha, fresh_1, fresh_2, epsilon,
):  # fmt: skip
    for i in range(start, stop):
        g = gradient[i]
        m = momentum[i] + (g - momentum[i]) * fresh_1
        v = velocity[i] + (g * g - velocity[i]) * fresh_2
        new_momentum[i], new_velocity[i] = m, v
        new_parameter[i] = parameter[i] - alpha * m / (np.sqrt(v) + epsilon)
