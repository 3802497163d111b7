"""The gradients of each fused layer against the complex step, along random directions."""

import numpy as np
import pytest

from minicnn.backend.numpy import fused_layers
from tests.backend.checks import derivative_along

ACTIVATIONS = ("linear", "relu")
WINDOWS = {
    "as it is": {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)},
    "strides and padding": {"strides": (2, 1), "padding": ((1, 0), (1, 2)), "dilation": (1, 1)},
    "dilation": {"strides": (1, 1), "padding": ((0, 1), (0, 0)), "dilation": (2, 1)},
}


def assert_gradients(layer, gradients, inputs, rng):
    """⟨ȳ, dy along a direction⟩ = ⟨x̄, the direction⟩, for each input."""
    cotangent = rng.normal(size=layer(*inputs).shape)
    for i, (x, gradient) in enumerate(zip(inputs, gradients(cotangent), strict=True)):
        direction = rng.normal(size=x.shape)

        def along(value, i=i):
            return layer(*inputs[:i], value, *inputs[i + 1 :])

        expected = (derivative_along(along, x, direction) * cotangent).sum()
        assert abs(expected) > 1e-3
        np.testing.assert_allclose((gradient * direction).sum(), expected, rtol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dense_layer(activation, rng):
    inputs = x, kernel, _ = rng.normal(size=(5, 7)), rng.normal(size=(7, 3)), rng.normal(size=3)
    y = fused_layers.dense_layer(*inputs, activation)
    assert_gradients(
        lambda *a: fused_layers.dense_layer(*a, activation),
        lambda g: fused_layers.dense_layer_gradients(g, x, kernel, y, activation),
        inputs,
        rng,
    )


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_conv_layer(window, activation, pooled, rng):
    inputs = x, kernel, _ = [rng.normal(size=s) for s in ((2, 7, 8, 4), (3, 2, 2, 6), (6,))]
    settings = {**window, "groups": 2, "activation": activation}
    y, argmax = fused_layers.conv_layer(*inputs, **settings, pooled=pooled)
    assert (argmax is not None) == pooled
    assert_gradients(
        lambda *a: fused_layers.conv_layer(*a, **settings, pooled=pooled)[0],
        lambda g: fused_layers.conv_layer_gradients(g, x, kernel, y, argmax, **settings),
        inputs,
        rng,
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_batch_norm_layer(activation, rng):
    inputs = x, gamma, _ = rng.normal(size=(3, 4, 5, 6)), rng.normal(size=6), rng.normal(size=6)
    y, mean, variance = fused_layers.batch_norm_layer(*inputs, 1e-3, activation)
    np.testing.assert_allclose(variance, x.var((0, 1, 2)))
    assert_gradients(
        lambda *a: fused_layers.batch_norm_layer(*a, 1e-3, activation)[0],
        lambda g: fused_layers.batch_norm_layer_gradients(
            g, x, y, gamma, mean, variance, 1e-3, activation
        ),
        inputs,
        rng,
    )


def test_an_input_gradient_that_is_not_needed_is_not_computed(rng):
    x, kernel = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    y = fused_layers.dense_layer(x, kernel, None, "linear")
    assert fused_layers.dense_layer_gradients(y, x, kernel, y, "linear", False)[0] is None


def test_scale_and_shift_is_normalization_with_known_moments(rng):
    x, gamma, beta = rng.normal(size=(6, 5, 4)), rng.normal(size=4), rng.normal(size=4)
    y, mean, variance = fused_layers.batch_norm_layer(x, gamma, beta, 1e-3, "relu")
    scale = gamma / np.sqrt(variance + 1e-3)
    found = fused_layers.scale_and_shift(x, scale, beta - mean * scale, "relu")
    np.testing.assert_allclose(found, y, atol=1e-12)


@pytest.mark.filterwarnings("error")
def test_an_empty_batch_has_no_mean():
    x, channels = np.zeros((0, 3, 4)), np.ones(4)
    with np.errstate(all="ignore"):  # as in every operation
        y, mean, variance = fused_layers.batch_norm_layer(x, channels, channels, 1e-3)
    assert y.shape == x.shape
    assert np.isnan(mean).all() and np.isnan(variance).all()
