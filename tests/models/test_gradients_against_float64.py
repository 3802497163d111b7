"""Gradients of whole networks in float32, by the fast kernels, beside float64 on NumPy's."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import config, layers


def convnet(dtype):
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), dtype=dtype),
            layers.Conv2D(32, 3, activation="relu", dtype=dtype),
            layers.MaxPooling2D(2, dtype=dtype),
            layers.Conv2D(64, 3, activation="relu", dtype=dtype),
            layers.MaxPooling2D(2, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(10, activation="softmax", dtype=dtype),
        ]
    )


def deep(dtype):
    def convolution(filters):
        return layers.Conv2D(filters, 3, activation="relu", dtype=dtype)

    return keras.Sequential(
        [
            keras.Input((16, 15, 3), dtype=dtype),
            convolution(64),
            convolution(64),
            layers.MaxPooling2D(2, dtype=dtype),
            convolution(128),
            layers.GlobalAveragePooling2D(dtype=dtype),
            layers.Dense(10, activation="softmax", dtype=dtype),
        ]
    )


def residual(dtype):
    inputs = keras.Input((14, 14, 3), dtype=dtype)
    x = layers.Conv2D(32, 3, padding="same", use_bias=False, dtype=dtype)(inputs)
    x = layers.ReLU(dtype=dtype)(layers.BatchNormalization(dtype=dtype)(x))
    y = layers.Conv2D(32, 3, padding="same", strides=2, use_bias=False, dtype=dtype)(x)
    y = layers.BatchNormalization(dtype=dtype)(y)
    x = layers.Conv2D(32, 1, strides=2, use_bias=False, dtype=dtype)(x)
    x = layers.ReLU(dtype=dtype)(layers.Add(dtype=dtype)([x, y]))
    x = layers.GlobalAveragePooling2D(dtype=dtype)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax", dtype=dtype)(x))


def gradients(model, x, labels):
    loss = keras.losses.SparseCategoricalCrossentropy(dtype=x.dtype.name)
    with keras.GradientTape() as tape:
        value = loss(labels, model(x, training=True))
    return [g.numpy() for g in tape.gradient(value, model.trainable_weights)]


def largest_error(network, algorithm, rng):
    """The largest relative error of a weight's gradient, and the weight's path."""
    model, exact = network("float32"), network("float64")
    for own, other in zip(model.weights, exact.weights, strict=True):
        own.assign(own + 0.1 * rng.normal(size=own.shape))
        other.assign(own.numpy().astype("float64"))
    x = rng.normal(size=(6, *model.input_shape[1:])).astype("float32")
    labels = rng.integers(0, 10, 6)
    config.set_convolution_algorithm(algorithm)
    try:
        found = gradients(model, x, labels)
        config.set_backend("numpy")
        expected = gradients(exact, x.astype("float64"), labels)
    finally:
        config.set_backend("numba")
        config.set_convolution_algorithm("auto")
    errors = {}
    for weight, a, b in zip(model.trainable_weights, found, expected, strict=True):
        size = np.linalg.norm(b)
        assert size > 1e-4, weight.path
        errors[weight.path] = np.linalg.norm(a - b) / size
    return max((error, path) for path, error in errors.items())


@pytest.mark.parametrize("algorithm", ["auto", "im2col", "direct", "winograd"])
@pytest.mark.parametrize("network", [convnet, deep, residual])
def test_gradients_are_those_of_float64(network, algorithm, rng):
    """Of a million units some lie so near a kink (of relu, of a maximum) that rounding takes the
    other branch, about once in ten draws. A wrong gradient is wrong for each of three draws."""
    draws = []
    while len(draws) < 3 and (not draws or draws[-1][0] > 1e-5):
        draws.append(largest_error(network, algorithm, rng))
    assert draws[-1][0] <= 1e-5, draws
