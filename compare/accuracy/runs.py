"""Trains the convnet from a seed on either library, and evaluates it on the test images."""

from __future__ import annotations

import functools
import hashlib
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minicnn
from compare import networks
from compare.libraries.library import Library
from minicnn.cli import train

BATCH_SIZE = 128
TEST_IMAGES = 10_000
LEARNING_RATE = 2e-3  # decreases to zero, so that the last batches have little influence


class Task(NamedTuple):
    """A training from these weights, on the first `images` of a data set (all if None)."""

    dataset: str
    seed: int
    epochs: int
    images: int | None
    weights: list[np.ndarray]

    def settings(self) -> dict[str, Any]:
        """Everything that the result depends on except the library, as short plain data."""
        weights = hashlib.sha256(b"".join(w.tobytes() for w in self.weights)).hexdigest()
        return {
            **{key: value for key, value in self._asdict().items() if key != "weights"},
            "weights": weights[:16],
            "recipe": digest(Path(networks.__file__), Path(__file__)),
        }


def tasks(dataset: str, seeds: int, epochs: int, images: int | None) -> list[Task]:
    """A training for each seed. minicnn draws the initial weights with the seed."""
    found = []
    for seed in range(seeds):
        minicnn.utils.set_random_seed(seed)
        weights = networks.convnet(minicnn).get_weights()
        found.append(Task(dataset, seed, epochs, images, weights))
    return found


def trained(library: Library, tasks: list[Task]) -> Iterator[dict[str, float]]:
    """Yields for each task the accuracy and loss on the test images and the seconds it took."""
    for task in tasks:
        yield _trained(library, task)


def _trained(library: Library, task: Task) -> dict[str, float]:
    start = time.perf_counter()
    training, test = images(task.dataset, task.images)
    keras = library.keras
    keras.utils.clear_session()
    keras.utils.set_random_seed(task.seed)
    model = networks.convnet(keras)
    model.set_weights(task.weights)
    steps = task.epochs * math.ceil(len(training.labels) / BATCH_SIZE)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, decay_steps=steps)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=keras.config.backend() == "jax",  # elsewhere it costs more than it gains
    )
    for epoch in range(task.epochs):
        order = np.random.default_rng([task.seed, epoch]).permutation(len(training.labels))
        shuffled = training.pixels[order], training.labels[order]
        model.fit(*shuffled, batch_size=BATCH_SIZE, shuffle=False, verbose=0)
    loss, accuracy = model.evaluate(*test, batch_size=500, verbose=0)
    seconds = time.perf_counter() - start
    return {"accuracy": float(accuracy), "loss": float(loss), "seconds": round(seconds, 1)}


@functools.cache
def images(dataset: str, limit: int | None) -> tuple[train.Images, train.Images]:
    """The training and the test images, at most `limit` of each."""
    return tuple(
        train.Images(pixels, labels.astype("int32"))
        for pixels, labels in train.load(dataset, limit)
    )


def digest(*files: Path) -> str:
    """A hash of the content of files."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
