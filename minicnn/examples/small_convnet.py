"""The small convnet that `minicnn train` and the studio train, and its images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import minicnn as keras

CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        *("T-shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
}
MODEL_FILE = "model.keras"
EPOCHS = 6
LEARNING_RATE = 8e-3
"""The highest rate, reached after a tenth of the steps; then it falls to zero along a cosine. A
constant rate would need many more epochs."""


class Images(NamedTuple):
    """Images `(images, height, width, channels)` with pixels from 0 to 1, and their labels."""

    pixels: np.ndarray
    labels: np.ndarray


def load(dataset: str, limit: int | None = None) -> tuple[Images, Images]:
    """The training and the test images, at most `limit` of each."""
    loader = {"mnist": keras.datasets.mnist, "fashion-mnist": keras.datasets.fashion_mnist}[dataset]
    return tuple(
        Images(images[:limit, ..., None].astype("float32") / 255, labels[:limit])
        for images, labels in loader.load_data()
    )


def build(steps: int) -> keras.Model:
    """The compiled convnet, with a learning rate that rises and falls over these steps."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="convnet",
    )
    warmup = steps // 10
    learning_rate = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=steps - warmup, warmup_target=LEARNING_RATE, warmup_steps=warmup
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
