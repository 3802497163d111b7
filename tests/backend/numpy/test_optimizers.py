"""Optimizer steps against the papers' formulas, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn.backend.numpy import optimizers as O


@pytest.fixture
def arrays(rng):
    w, g, m, a = rng.standard_normal((4, 3, 5))
    return w, g, m, np.abs(a) + 1, np.abs(rng.standard_normal((3, 5))) + 2


def test_sgd(arrays):
    w, g, *_ = arrays
    np.testing.assert_allclose(O.sgd_step(w, g, 0.1), w - 0.1 * g)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum(arrays, nesterov):
    w, g, v, *_ = arrays
    new_w, new_v = O.momentum_step(w, g, v, 0.1, 0.9, nesterov)
    np.testing.assert_allclose(new_v, 0.9 * v - 0.1 * g)
    step = 0.9 * new_v - 0.1 * g if nesterov else new_v
    np.testing.assert_allclose(new_w, w + step)


def test_adam_with_its_bias_correction(arrays):
    """`alpha` folds in what algorithm 1 of the paper does with the corrected averages."""
    w, g, m, v, _ = arrays
    t, lr, b1, b2, epsilon = 3, 0.01, 0.9, 0.99, 1e-7
    alpha = lr * np.sqrt(1 - b2**t) / (1 - b1**t)
    new_w, new_m, new_v = O.adam_step(w, g, m, v, alpha, b1, b2, epsilon)
    m_t, v_t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    corrected_m, corrected_v = m_t / (1 - b1**t), v_t / (1 - b2**t)
    epsilon_hat = epsilon / np.sqrt(1 - b2**t)
    np.testing.assert_allclose(new_m, m_t)
    np.testing.assert_allclose(new_v, v_t)
    np.testing.assert_allclose(new_w, w - lr * corrected_m / (np.sqrt(corrected_v) + epsilon_hat))


def test_amsgrad_divides_by_the_largest(arrays):
    w, g, m, v, largest = arrays
    settings = 0.01, 0.9, 0.99, 1e-7
    new_w, new_m, new_v, new_largest = O.amsgrad_step(w, g, m, v, largest, *settings)
    np.testing.assert_allclose(new_largest, np.maximum(largest, new_v))
    np.testing.assert_allclose(new_w, w - 0.01 * new_m / (np.sqrt(new_largest) + 1e-7))


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("with_momentum", [False, True])
def test_rmsprop(arrays, centered, with_momentum):
    w, g, m, a, v = arrays
    average, momentum = a / 10 if centered else None, m if with_momentum else None
    new_w, new_v, new_a, new_m = O.rmsprop_step(w, g, v, average, momentum, 0.01, 0.9, 0.8, 1e-7)
    v_t = 0.9 * v + 0.1 * g**2
    spread = v_t - (0.9 * a / 10 + 0.1 * g) ** 2 if centered else v_t
    step = 0.01 * g / np.sqrt(spread + 1e-7)
    step = 0.8 * m + step if with_momentum else step
    np.testing.assert_allclose(new_v, v_t)
    np.testing.assert_allclose(new_w, w - step)
    assert (new_a is None) is not centered
    assert (new_m is None) is not with_momentum
    if with_momentum:
        np.testing.assert_allclose(new_m, step)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_old_arrays_stay_and_types_are_kept(dtype, arrays):
    w, g, m, v, largest = (array.astype(dtype) for array in arrays)
    before = [array.copy() for array in (w, g, m, v, largest)]
    settings = (np.float64(0.01), 0.9, 0.99, 1e-4)
    new = [
        O.sgd_step(w, g, np.float64(0.01)),
        *O.momentum_step(w, g, m, np.float64(0.01), 0.9, True),
        *O.adam_step(w, g, m, v, *settings),
        *O.amsgrad_step(w, g, m, v, largest, *settings),
        *O.rmsprop_step(w, g, v, m, m, np.float64(0.01), 0.9, 0.8, 1e-4),
    ]
    assert all(array.dtype == dtype for array in new)
    for old, kept in zip((w, g, m, v, largest), before, strict=True):
        np.testing.assert_array_equal(old, kept)
        assert not any(np.shares_memory(old, array) for array in new)
