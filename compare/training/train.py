"""Trains a network step by step, on minicnn or on Keras, with exact or perturbed numbers.

Both libraries start from the same weights and get the same batches in the same order, without
dropout. In Keras's process the training is repeated with numbers that are perturbed by rounding, to
measure how far rounding changes it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from compare.cases.values import generator
from compare.errors import ALLOWED
from compare.libraries.library import Library
from compare.networks import NETWORKS
from compare.training.band import distance, size, spread
from compare.training.cases import Case
from minicnn.datasets import mnist

BATCH_SIZE = 16
NOISE = 0.1
PLACES = (1, 1)  # by how many places the numbers of each perturbed training are changed
FAR_PLACES = round(ALLOWED)  # the same, of the trainings that look for kinks
MOST_STEPS = 640  # of these trainings together, so that deep networks take minutes only


class Batch(NamedTuple):
    """Images `(images, 28, 28, 1)` and labels `(images,)`."""

    images: np.ndarray
    labels: np.ndarray


class Step(NamedTuple):
    """The loss of a batch, and all weights after the step."""

    loss: float
    weights: list[np.ndarray]


class RestartableModel:
    """A compiled network that can be trained several times from the start.

    `names` are those of its weights, in the order of `Step.weights`. If `rounded`, the optimizer's
    settings that are fractions are replaced by the next float32 numbers.
    """

    def __init__(self, library: Library, case: Case, rounded: bool = False):
        keras = library.keras
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        optimizer = library.resolve(case.optimizer)
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
        """All present weights, including the moving statistics."""
        return [self._library.numpy(weight).copy() for weight in self._model.weights]

    def steps(self, weights: list[np.ndarray], batches: Iterator[Batch]) -> Iterator[Step]:
        """Yields each step of a training from these weights, with a new optimizer."""
        self._model.set_weights(weights)
        for variable, value in zip(self._model.optimizer.variables, self._beginning, strict=True):
            variable.assign(value)
        for batch in batches:
            loss = self._model.train_on_batch(*batch)
            yield Step(float(np.asarray(loss).ravel()[0]), self.weights())


def batches(steps: int) -> Iterator[Batch]:
    """The first digits of MNIST in their order, with some noise.

    The noise makes maxima unique: among equal pixels, libraries may choose different ones.
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


def perturbed(array: np.ndarray, random: np.random.Generator, places: int = 1) -> np.ndarray:
    """Replaces each number by the float32 `places` below or above it. Zeros do not change."""
    towards = array * random.choice(np.float32([0, 2]), np.shape(array))
    for _ in range(places):
        array = np.nextafter(array, towards)
    return array


def _rounded(config: Any) -> Any:
    """Replaces each fraction among settings by the next float32. Whole numbers do not change."""
    if isinstance(config, dict):
        return {key: _rounded(value) for key, value in config.items()}
    if isinstance(config, float) and not config.is_integer():
        return float(perturbed(np.float32(config), generator(repr(config))))
    return config


def perturbed_batches(steps: int, random: np.random.Generator, places: int) -> Iterator[Batch]:
    """The batches with every pixel perturbed and their rows in another order.

    In exact arithmetic the order of the rows changes nothing.
    """
    for images, labels in batches(steps):
        order = random.permutation(len(labels))
        yield Batch(perturbed(images[order], random, places), labels[order])


def in_keras(
    library: Library, cases: list[tuple[Case, list[np.ndarray]]], steps: int
) -> Iterator[Any]:
    """Run in Keras's process: yields for each case its `Step`s, then the `spread`.

    The spread is an array `(steps, 1 + weights)`.
    """
    for case, start in cases:
        model = RestartableModel(library, case)
        reference = []
        for step in model.steps(start, batches(steps)):
            reference.append(step)
            yield step
        yield _spread(library, case, reference, start, PLACES)


def more_perturbed(
    library: Library, case: Case, start: list[np.ndarray], steps: int
) -> Iterator[np.ndarray]:
    """Run in Keras's process: yields the spread of more perturbed trainings of the first steps."""
    reference = list(RestartableModel(library, case).steps(start, batches(steps)))
    count = min(max(MOST_STEPS // steps, 4), 32)
    yield _spread(library, case, reference, start, (*PLACES, *[FAR_PLACES] * count))


def _spread(
    library: Library,
    case: Case,
    reference: list[Step],
    start: list[np.ndarray],
    places: Sequence[int],
) -> np.ndarray:
    model = RestartableModel(library, case, rounded=True)
    distances = [_distances(model, start, reference, k, n) for k, n in enumerate(places)]
    return spread(np.array(distances), places, np.array([size(step) for step in reference]))


def _distances(
    model: RestartableModel,
    start: list[np.ndarray],
    reference: list[Step],
    number: int,
    places: int,
) -> np.ndarray:
    random = generator(f"neighbour {number}")
    beginning = [perturbed(weight, random, places) for weight in start]
    there = model.steps(beginning, perturbed_batches(len(reference), random, places))
    return np.array([distance(a, b) for a, b in zip(there, reference, strict=True)])
