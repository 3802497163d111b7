"""Dropout: the right share of zeros, the expected value kept, the same mask on the way back."""

import numpy as np
import pytest

from minicnn import ops, random
from minicnn.autodiff import GradientTape
from minicnn.ops.symbolic.keras_tensor import KerasTensor


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_share_and_scale(backend, rate):
    x = np.full((300, 400), 2.0, "float32")
    y = random.dropout(x, rate, seed=1).numpy()
    kept = y != 0
    assert abs(kept.mean() - (1 - rate)) < 0.005
    np.testing.assert_allclose(y[kept], 2 / (1 - rate), rtol=1e-6)
    # Zeros come alone: rows and columns have as many as they should.
    assert np.abs(kept.mean(axis=0) - (1 - rate)).max() < 0.15
    assert np.abs(kept.mean(axis=1) - (1 - rate)).max() < 0.15


def test_ends_of_the_range():
    x = np.arange(6.0, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(random.dropout(x, 0, seed=1).numpy(), x)
    np.testing.assert_array_equal(random.dropout(x, 1.0, seed=1).numpy(), 0 * x)


def test_noise_shape_drops_whole_slices(backend):
    x = np.ones((50, 4, 5, 6), "float32")
    y = random.dropout(x, 0.4, noise_shape=(None, 1, 1, None), seed=2).numpy()
    assert (y == y[:, :1, :1]).all()
    assert abs((y[:, 0, 0] == 0).mean() - 0.4) < 0.1


def test_the_gradient_passes_where_the_input_did(backend, rng):
    x = ops.convert_to_tensor(rng.normal(size=(7, 9)))
    cotangent = rng.normal(size=(7, 9))
    with GradientTape() as tape:
        tape.watch(x)
        y = random.dropout(x, 0.3, seed=random.SeedGenerator(3))
        loss = ops.sum(y * cotangent)
    gradient = tape.gradient(loss, x).numpy()
    mask = y.numpy() / x.numpy()
    assert 0 < (mask == 0).mean() < 1
    np.testing.assert_allclose(gradient, cotangent * mask, rtol=1e-12)


def test_the_gradient_is_differentiable(rng):
    x = ops.convert_to_tensor(rng.normal(size=(5, 4)))
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = random.dropout(x, 0.4, seed=3)
            loss = ops.sum(ops.power(y, 3))
        gradient = inner.gradient(loss, x)
    second = outer.gradient(gradient, x).numpy()
    mask = y.numpy() / x.numpy()
    np.testing.assert_allclose(second, 6 * mask**3 * x.numpy(), rtol=1e-12)


def test_half_precision_stays():
    assert random.dropout(np.ones((4, 4), "float16"), 0.5, seed=1).dtype == "float16"


def test_in_a_graph_it_draws_afresh_each_time():
    from minicnn.ops.symbolic.function import Function

    x = KerasTensor((None, 64))
    generator = random.SeedGenerator(1)
    function = Function(x, random.dropout(x, 0.5, seed=generator))
    ones = np.ones((2, 64), "float32")
    first, second = function(ones).numpy(), function(ones).numpy()
    assert (first != second).any()
    assert generator.state.numpy().tolist() == [1, 2]
