"""Batch normalization by hand: a batch of four examples with one number each, 1, 1, 5 and 5.

    μ = mean of x,   v = mean of (x − μ)²,   s = √(v + ε),   x̂ = (x − μ) / s,   y = γ · x̂ + β

The settings are chosen so that the roots are round: ε = 2.25, γ = 10, β = 1.
"""

import numpy as np
import pytest

import minicnn as keras

X = [[1.0], [1.0], [5.0], [5.0]]


def assert_close(tensor, expected):
    np.testing.assert_allclose(tensor.numpy().ravel(), expected, rtol=2e-6)


@pytest.fixture
def layer(backend):
    layer = keras.layers.BatchNormalization(momentum=0.75, epsilon=2.25)
    layer.build((4, 1))
    gamma, beta, moving_mean, moving_variance = [10.0], [1.0], [0.0], [1.0]
    layer.set_weights([gamma, beta, moving_mean, moving_variance])
    return layer


def test_outputs_in_training(layer):
    # μ = (1 + 1 + 5 + 5) / 4 = 3
    # v = (2² + 2² + 2² + 2²) / 4 = 4          it is divided by 4, not by 3
    # s = √(4 + 2.25) = 2.5
    # x̂ = -2 / 2.5 = -0.8   for the ones,      2 / 2.5 = 0.8   for the fives
    # y = 10 · -0.8 + 1 = -7                   10 · 0.8 + 1 = 9
    assert_close(layer(keras.ops.array(X), training=True), [-7, -7, 9, 9])


def test_moving_averages(layer):
    """Training moves them a quarter of the way (1 − momentum); prediction uses them."""
    x = keras.ops.array(X)
    layer(x, training=True)
    # mean:      0.75 · 0 + 0.25 · 3 = 0.75
    # variance:  0.75 · 1 + 0.25 · 4 = 1.75
    assert_close(layer.moving_mean, [0.75])
    assert_close(layer.moving_variance, [1.75])

    # Now s = √(1.75 + 2.25) = 2, and the mean that is subtracted is 0.75, whatever the batch:
    #   10 · (1 - 0.75) / 2 + 1 = 2.25        10 · (5 - 0.75) / 2 + 1 = 22.25
    assert_close(layer(x, training=False), [2.25, 2.25, 22.25, 22.25])
    assert_close(layer(x[:1], training=False), [2.25])
    assert_close(layer.moving_mean, [0.75])


def test_gradients(layer):
    """How much a loss L changes with each number, where g = ∂L/∂y = 1, 2, 3, 6 is known."""
    x, g = keras.ops.array(X), keras.ops.array([[1.0], [2.0], [3.0], [6.0]])
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    dgamma, dbeta, dx = tape.gradient(y, [layer.gamma, layer.beta, x], output_gradients=g)

    # ∂L/∂γ = Σ g · x̂ = -0.8·1 - 0.8·2 + 0.8·3 + 0.8·6 = 4.8
    assert_close(dgamma, [4.8])
    # ∂L/∂β = Σ g = 1 + 2 + 3 + 6 = 12
    assert_close(dbeta, [12])

    # x moves μ and s, too, and through them all four outputs. With the three ways added up:
    #   ∂L/∂x = γ / s · (g − mean of g − x̂ · mean of g · x̂)
    # γ / s = 10 / 2.5 = 4,   mean of g = 3,   mean of g · x̂ = 4.8 / 4 = 1.2
    #   4 · (1 - 3 + 0.8 · 1.2) = 4 · -1.04 = -4.16
    #   4 · (2 - 3 + 0.8 · 1.2) = 4 · -0.04 = -0.16
    #   4 · (3 - 3 - 0.8 · 1.2) = 4 · -0.96 = -3.84
    #   4 · (6 - 3 - 0.8 · 1.2) = 4 ·  2.04 =  8.16
    # Their sum is zero: if all x grow by the same, nothing changes.
    assert_close(dx, [-4.16, -0.16, -3.84, 8.16])
