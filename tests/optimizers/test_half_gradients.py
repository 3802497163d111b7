"""Gradients in 16 bits are scaled and clipped in float32: nothing is rounded on the way."""

import numpy as np
import pytest

from minicnn import Variable, ops, optimizers

SETTINGS = (
    {"clipnorm": 0.7},
    {"global_clipnorm": 0.7},
    {"clipvalue": 0.3},
    {"loss_scale_factor": 3.0},
    {"gradient_accumulation_steps": 2},
    {"loss_scale_factor": 3e4, "clipnorm": 0.7},
)


def steps(make, gradients, dtype):
    """The weight after each step of one optimizer."""
    optimizer, weight = make(), Variable(np.zeros(50, "float32"))
    found = []
    for gradient in gradients:
        optimizer.apply([ops.cast(gradient, dtype)], [weight])
        found.append(weight.numpy().copy())
    return found


def makers():
    """Optimizers with each of the settings around a step, and loss scaling."""
    for settings in SETTINGS:
        name = " ".join(settings)
        yield pytest.param(lambda s=settings: optimizers.SGD(0.5, momentum=0.9, **s), id=name)
    yield pytest.param(
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.5, clipvalue=0.1)), id="dynamic"
    )


@pytest.mark.parametrize("make", list(makers()))
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_steps_are_those_of_the_same_gradients_in_float32(make, dtype, rng):
    drawn = rng.normal(size=(4, 50)).astype("float32") * 10.0 ** rng.uniform(-4, 0, (4, 50))
    exact = [ops.cast(ops.cast(g, dtype), "float32") for g in drawn.astype("float32")]
    expected, found = steps(make, exact, "float32"), steps(make, exact, dtype)
    assert np.abs(expected[-1]).max() > 0
    for right, mine in zip(expected, found, strict=True):
        np.testing.assert_array_equal(mine, right)


@pytest.mark.parametrize("make", list(makers()))
def test_weights_in_16_bits_stay_in_16_bits(make):
    weight = Variable(np.ones(3), dtype="float16")
    make().apply([ops.cast(np.array([0.5, 1.0, -2.0]), "float16")], [weight])
    assert str(weight.dtype) == "float16"
