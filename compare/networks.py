"""The networks that are trained and timed; `keras` is real Keras or minicnn."""

from __future__ import annotations

from types import ModuleType
from typing import Any

INPUT_SHAPE = (28, 28, 1)
SEQUENCE_SHAPE = (100, 16)
CLASSES = 10


def convnet(keras: ModuleType, dropout: float = 0.5) -> Any:
    """Two convolutions with 32 and 64 filters, each followed by a max-pooling of 2 × 2 pixels."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="convnet",
    )


def deep(keras: ModuleType, dropout: float = 0.5) -> Any:
    """Four convolutions, two with 64 filters and two with 128, and the mean over all pixels."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Conv2D(128, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="deep",
    )


def mlp(keras: ModuleType, dropout: float = 0.0) -> Any:
    """784 pixels, 300 and 100 units, 10 classes."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Flatten(),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="mlp",
    )


def residual(keras: ModuleType, dropout: float = 0.0) -> Any:
    """A small residual network with batch normalisation: 16, 32 and 64 filters.

    Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016,
    section 4.2, with one block for each size of image.
    """
    layers = keras.layers
    inputs = keras.Input(INPUT_SHAPE)
    x = layers.ReLU()(_normalised(layers, inputs, 16))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        x = _block(layers, x, filters, strides)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    outputs = layers.Dense(CLASSES, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="residual")


def _block(layers: ModuleType, x: Any, filters: int, strides: int) -> Any:
    """Two convolutions plus a shortcut, which is a 1 × 1 convolution where the shape changes."""
    shortcut = x if strides == 1 else _normalised(layers, x, filters, 1, strides)
    x = layers.ReLU()(_normalised(layers, x, filters, 3, strides))
    return layers.ReLU()(layers.Add()([_normalised(layers, x, filters), shortcut]))


def _normalised(layers: ModuleType, x: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
    convolution = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)
    return layers.BatchNormalization()(convolution(x))


def mobile(keras: ModuleType, dropout: float = 0.0) -> Any:
    """Depthwise convolutions with 1 × 1 convolutions behind them, normalised, with relu6.

    Source: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
    applications", arXiv:1704.04861, section 3.2, with fewer and narrower layers. Behind the last
    depthwise convolution nothing stands before the 1 × 1 one, as in a `SeparableConv2D`.
    """
    layers = keras.layers
    inputs = keras.Input(INPUT_SHAPE)
    x = layers.ReLU(6.0)(_normalised(layers, inputs, 16))
    for filters, strides in ((32, 1), (64, 2), (64, 1), (128, 2)):
        depthwise = layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(depthwise(x)))
        x = layers.ReLU(6.0)(_normalised(layers, x, filters, 1))
    separable = layers.SeparableConv2D(128, 3, padding="same", use_bias=False)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(separable(x)))
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    outputs = layers.Dense(CLASSES, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="mobile")


def tiny(keras: ModuleType, dropout: float = 0.0) -> Any:
    """49 means of 4 × 4 pixels and 16 tanh units: smooth, for the comparison of optimizers."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.AveragePooling2D(4),
            layers.Flatten(),
            layers.Dense(16, activation="tanh"),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="tiny",
    )


def recurrent(keras: ModuleType, dropout: float = 0.0) -> Any:
    """An LSTM of 64 units on sequences of 100 steps with 16 numbers each."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SEQUENCE_SHAPE),
            layers.LSTM(64),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="recurrent",
    )


def xor(keras: ModuleType) -> Any:
    """2 numbers, 16 tanh units and a probability: the first program of many a course."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(16, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="xor",
    )


_OF_IMAGES = (convnet, deep, mlp, residual, mobile, tiny)
NETWORKS = {function.__name__: function for function in _OF_IMAGES}
"""The networks for images."""
TIMED = {**NETWORKS, "recurrent": recurrent, "xor": xor}
