"""The schedule-free step beside the paper's algorithm, written again with plain arrays.

Keras on TensorFlow is no judge: there `momentum_old` is the variable itself, which has changed.
"""

import numpy as np
import pytest

from minicnn import Variable, optimizers


def by_the_paper(w, gradients, lr, beta_1, beta_2, epsilon, warmup_steps):
    x, z, v = w.copy(), w.copy(), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        rate = lr * min(1, t / warmup_steps) if warmup_steps else lr
        v = beta_2 * v + (1 - beta_2) * g**2
        z = z - rate * g / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        x = (1 - 1 / t) * x + z / t
    return (1 - beta_1) * z + beta_1 * x


@pytest.mark.parametrize("settings", [(0.125, 0.9, 0.999, 1e-8, 0), (0.5, 0.5, 0.75, 0.1, 4)])
@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-5)])
def test_steps_are_those_of_the_paper(settings, dtype, bound, backend, rng):
    start, gradients = rng.normal(size=(5, 3)), rng.normal(size=(9, 5, 3))
    w = Variable(start, dtype=dtype)
    optimizer = optimizers.ScheduleFreeAdamW(*settings)
    for g in gradients:
        optimizer.apply([g.astype(dtype)], [w])
    np.testing.assert_allclose(w, by_the_paper(start, gradients, *settings), bound, bound)
