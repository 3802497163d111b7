"""The short lists that a training is put together from, and the network that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minicnn as keras
from minicnn.analysis import operations

LAYERS: dict[str, Callable[[str], Any]] = {
    "conv 8": lambda name: keras.layers.Conv2D(8, 3, padding="same", activation="relu", name=name),
    "conv 16": lambda name: keras.layers.Conv2D(
        16, 3, padding="same", activation="relu", name=name
    ),
    "conv 32": lambda name: keras.layers.Conv2D(
        32, 3, padding="same", activation="relu", name=name
    ),
    "max pooling": lambda name: keras.layers.MaxPooling2D(2, padding="same", name=name),
    "average pooling": lambda name: keras.layers.AveragePooling2D(2, padding="same", name=name),
    "batch normalization": lambda name: keras.layers.BatchNormalization(momentum=0.9, name=name),
    "dropout": lambda name: keras.layers.Dropout(0.3, name=name),
    "dense 32": lambda name: keras.layers.Dense(32, activation="relu", name=name),
    "dense 64": lambda name: keras.layers.Dense(64, activation="relu", name=name),
}
"""Between the input and the last layer, each made with a name."""

NEED_PICTURES = ("conv", "max", "average")
"""Layers whose names begin so cannot come after a dense one."""

OPTIMIZERS: dict[str, Callable[[float], Any]] = {
    "sgd": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate),
    "adam": lambda rate: keras.optimizers.Adam(rate),
}
DATASETS = ("mnist", "fashion-mnist")

MOST_LAYERS = 8
MOST_EPOCHS = 20
MOST_IMAGES = 20_000
LARGEST_BATCH = 512
MOST_PARAMETERS = 300_000
"""The weights of each epoch are kept."""
MOST_PRODUCTS = 2 * 10**9
"""Multiply-adds of a step; more would make drawings wait."""


def build(layers: list[str], optimizer: str, learning_rate: float) -> Any:
    """The compiled network: 28 × 28 pixels, the chosen layers, and one dense layer for 10 classes.

    Raises:
        ValueError: a layer that needs a picture after a dense one.
    """
    network = keras.Sequential([keras.Input((28, 28, 1), name="input")], name="chosen-network")
    is_flat = False
    for i, kind in enumerate(layers, 1):
        if is_flat and kind.startswith(NEED_PICTURES):
            raise ValueError(
                f"{kind!r} needs a picture, but it comes after a dense layer: move it before that."
            )
        if kind.startswith("dense") and not is_flat:
            network.add(keras.layers.Flatten(name="flatten"))
            is_flat = True
        network.add(LAYERS[kind](f"{kind.split()[0]}_{i}"))
    if not is_flat:
        network.add(keras.layers.Flatten(name="flatten"))
    network.add(keras.layers.Dense(10, activation="softmax", name="scores"))
    network.compile(
        OPTIMIZERS[optimizer](learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network


def check_size(network: Any, batch_size: int) -> None:
    """Refuses a network that is too large to be watched.

    Raises:
        ValueError: too many parameters, or too many multiply-adds in a training step.
    """
    size = operations(network)
    if size.parameters > MOST_PARAMETERS:
        raise ValueError(
            f"This network has {size.parameters:,} parameters; here it may have "
            f"{MOST_PARAMETERS:,}, as those of each epoch are kept. Add a pooling layer."
        )
    products = size.training_multiply_adds * batch_size
    if products > MOST_PRODUCTS:
        raise ValueError(
            f"A step of this network takes {products / 1e9:.1f} thousand million multiply-adds; "
            f"here it may take {MOST_PRODUCTS / 1e9:.0f}. Choose a smaller batch, or a pooling "
            "layer further in front."
        )
