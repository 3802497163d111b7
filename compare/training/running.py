"""Trains one network, step by step, in either library.

Every library starts from the same weights and is given the same batches in the same order, without
dropout. In Keras's process the same training is then repeated from numbers that differ by rounding
alone, for what it tells about how far rounding takes float32.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from compare.errors import ALLOWED
from compare.libraries.library import Library
from compare.networks import NETWORKS
from compare.training.band import distance, size, spread
from compare.training.cases import Case
from compare.values import generator
from minicnn.datasets import mnist

BATCH_SIZE = 16
NOISE = 0.1
NEIGHBOURS = (1, 1)  # the places that the numbers of each are moved by
FAR = round(ALLOWED)  # the places of those that are asked for kinks
MOST = 640  # steps of them all, so that deep networks take minutes only


class Batch(NamedTuple):
    """Images `(images, 28, 28, 1)` and labels `(images,)`."""

    images: np.ndarray
    labels: np.ndarray


class Step(NamedTuple):
    """The loss of a batch, and all weights after the step that it caused."""

    loss: float
    weights: list[np.ndarray]


class Trainee:
    """A compiled network that can be trained again and again from the start.

    `names` are those of its weights, in the order of `Step.weights`. With `rounded`, the fractions
    among the optimizer's settings are float32 numbers next to what they were.
    """

    def __init__(self, library: Library, case: Case, rounded: bool = False):
        keras = library.keras
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        optimizer = library.made(case.optimizer)
        if rounded:
            optimizer = type(optimizer).from_config(_rounded(optimizer.get_config()))
        self._library = library
        self._model = NETWORKS[case.network](keras, dropout=0.0)
        self._model.compile(
            optimizer=optimizer,
            loss="sparse_categorical_crossentropy",
            jit_compile=keras.config.backend() == "jax",  # elsewhere it costs more than it gains
        )
        self._model.optimizer.build(self._model.trainable_variables)
        self._beginning = [library.numpy(v).copy() for v in self._model.optimizer.variables]
        self.names = [weight.path for weight in self._model.weights]

    def weights(self) -> list[np.ndarray]:
        """All weights as they are, moving statistics among them."""
        return [self._library.numpy(weight).copy() for weight in self._model.weights]

    def steps(self, weights: list[np.ndarray], batches: Iterator[Batch]) -> Iterator[Step]:
        """What each step does, from these weights and an optimizer that has done nothing yet."""
        self._model.set_weights(weights)
        for variable, value in zip(self._model.optimizer.variables, self._beginning, strict=True):
            variable.assign(value)
        for batch in batches:
            loss = self._model.train_on_batch(*batch)
            yield Step(float(np.asarray(loss).ravel()[0]), self.weights())


def batches(steps: int) -> Iterator[Batch]:
    """The first digits of MNIST in their order, under some noise.

    The noise keeps maxima unique: among equal pixels every library may choose its own.
    """
    images, labels = _digits()
    random = generator("noise of the batches")
    for step in range(steps):
        rows = np.arange(step * BATCH_SIZE, (step + 1) * BATCH_SIZE) % len(labels)
        pixels = images[rows, ..., None].astype("float32") / 255
        noise = random.random(pixels.shape, "float32")
        yield Batch((1 - NOISE) * pixels + NOISE * noise, labels[rows].astype("int32"))


@functools.cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    return mnist.load_data()[0]


def moved(array: np.ndarray, random: np.random.Generator, places: int = 1) -> np.ndarray:
    """Each number exchanged for the float32 so many places below or above it. Zeros stay."""
    towards = array * random.choice(np.float32([0, 2]), np.shape(array))
    for _ in range(places):
        array = np.nextafter(array, towards)
    return array


def _rounded(config: Any) -> Any:
    """The settings with every fraction exchanged for a float32 beside it. Whole numbers stay."""
    if isinstance(config, dict):
        return {key: _rounded(value) for key, value in config.items()}
    if isinstance(config, float) and not config.is_integer():
        return float(moved(np.float32(config), generator(repr(config))))
    return config


def neighbours(steps: int, random: np.random.Generator, places: int) -> Iterator[Batch]:
    """The batches with every pixel moved, and their rows, of which all sums are, in another order.

    In exact arithmetic the order changes nothing.
    """
    for images, labels in batches(steps):
        order = random.permutation(len(labels))
        yield Batch(moved(images[order], random, places), labels[order])


def in_keras(
    library: Library, cases: list[tuple[Case, list[np.ndarray]]], steps: int
) -> Iterator[Any]:
    """In Keras's process: for each case the `Step`s, then how far its neighbours are from them.

    That is an array `(steps, 1 + weights)`; see `spread`.
    """
    for case, start in cases:
        trainee = Trainee(library, case)
        reference = []
        for step in trainee.steps(start, batches(steps)):
            reference.append(step)
            yield step
        yield _spread(library, case, reference, start, NEIGHBOURS)


def more_neighbours(
    library: Library, case: Case, start: list[np.ndarray], steps: int
) -> Iterator[np.ndarray]:
    """In Keras's process: how far more neighbours are from Keras in the first steps."""
    reference = list(Trainee(library, case).steps(start, batches(steps)))
    count = min(max(MOST // steps, 4), 32)
    yield _spread(library, case, reference, start, (*NEIGHBOURS, *[FAR] * count))


def _spread(
    library: Library,
    case: Case,
    reference: list[Step],
    start: list[np.ndarray],
    places: Sequence[int],
) -> np.ndarray:
    trainee = Trainee(library, case, rounded=True)
    distances = [_distances(trainee, start, reference, k, n) for k, n in enumerate(places)]
    return spread(np.array(distances), places, np.array([size(step) for step in reference]))


def _distances(
    trainee: Trainee, start: list[np.ndarray], reference: list[Step], number: int, places: int
) -> np.ndarray:
    random = generator(f"neighbour {number}")
    beginning = [moved(weight, random, places) for weight in start]
    there = trainee.steps(beginning, neighbours(len(reference), random, places))
    return np.array([distance(a, b) for a, b in zip(there, reference, strict=True)])
