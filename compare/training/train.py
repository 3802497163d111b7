"""Runs single steps of a training from given weights and states, on minicnn or on Keras.

In Keras's process each step is repeated from perturbed numbers, to measure how far rounding
changes it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from compare.cases.values import generator
from compare.libraries.library import Library
from compare.networks import NETWORKS
from compare.training.cases import Case
from compare.training.step import State, Step, change, measure
from minicnn.datasets import mnist

BATCH_SIZE = 16
NOISE = 0.1
REPEATS, FIRST_REPEATS = 2, 8  # perturbed repetitions of a step, and of the first step


class Batch(NamedTuple):
    """Images `(images, 28, 28, 1)` and labels `(images,)`."""

    images: np.ndarray
    labels: np.ndarray


class StepInKeras(NamedTuple):
    """A step on Keras, and how far it moves if numbers are perturbed.

    `rounding` has the `measure` of each repetition with perturbed weights, states and images and
    another order of the rows; `settings`, that of a repetition in which every setting of the
    optimizer that is a fraction was replaced by the next float32 number.
    """

    step: Step
    rounding: np.ndarray
    settings: np.ndarray


class StepModel:
    """A compiled network whose steps start from given numbers.

    `names` are those of its weights, then of the optimizer's variables, as in `State`. If
    `rounded`, the optimizer's settings that are fractions are replaced by the next float32 numbers.
    """

    def __init__(self, library: Library, case: Case, seed: int = 0, rounded: bool = False):
        keras = library.keras
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        optimizer = library.resolve(case.optimizer)
        if rounded:
            optimizer = type(optimizer).from_config(_rounded(optimizer.get_config()))
        self._library = library
        self.model = NETWORKS[case.network](keras, dropout=0.0)
        self.model.compile(
            optimizer=optimizer,
            loss="sparse_categorical_crossentropy",
            jit_compile=keras.config.backend() == "jax",  # elsewhere it costs more than it gains
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self.names = [weight.path for weight in self.model.weights]
        self.state_names = [variable.path for variable in self.model.optimizer.variables]

    def state(self) -> State:
        """All present weights, including the moving statistics, and the optimizer's variables."""
        weights, variables = self.model.weights, self.model.optimizer.variables
        copies = ([self._library.numpy(v).copy() for v in group] for group in (weights, variables))
        return State(*copies)

    def set(self, state: State) -> None:
        """Assign weights and the optimizer's variables."""
        self.model.set_weights(state.weights)
        for variable, value in zip(self.model.optimizer.variables, state.variables, strict=True):
            variable.assign(value)

    def step(self, state: State, batch: Batch) -> Step:
        """One step from this state."""
        self.set(state)
        loss = self.model.train_on_batch(*batch)
        return Step(float(np.asarray(loss).ravel()[0]), self.state())


def batches(steps: int, seed: int = 0) -> Iterator[Batch]:
    """Digits of MNIST in their order, with some noise; others for another seed.

    The noise makes maxima unique: among equal pixels, libraries may choose different ones.
    """
    images, labels = _digits()
    random = generator(f"noise of the batches {seed}")
    for step in range(steps):
        rows = np.arange(BATCH_SIZE) + (seed * steps + step) * BATCH_SIZE
        pixels = images[rows % len(labels), ..., None].astype("float32") / 255
        noise = random.random(pixels.shape, "float32")
        yield Batch(
            (1 - NOISE) * pixels + NOISE * noise, labels[rows % len(labels)].astype("int32")
        )


@functools.cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    return mnist.load_data()[0]


def perturbed(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Replaces each float by the next float32 below or above it.

    Zeros and whole numbers do not change, as float32 represents them exactly.
    """
    if array.dtype.kind != "f":
        return array
    towards = array * random.choice(np.float32([0, 2]), np.shape(array))
    return np.where(array == np.round(array), array, np.nextafter(array, towards))


def _rounded(config: Any) -> Any:
    """Replaces each fraction among settings by the next float32. Whole numbers do not change."""
    if isinstance(config, dict):
        return {key: _rounded(value) for key, value in config.items()}
    if isinstance(config, float) and not config.is_integer():
        return float(perturbed(np.float32(config), generator(repr(config))))
    return config


def in_keras(
    library: Library, cases: list[tuple[Case, State]], steps: int, seed: int = 0
) -> Iterator[StepInKeras]:
    """Run in Keras's process: yields for each case and each step a `StepInKeras`."""
    for case, state in cases:
        model, rounded = StepModel(library, case), StepModel(library, case, rounded=True)
        for number, batch in enumerate(batches(steps, seed)):
            step = model.step(state, batch)
            wanted = change(state, step)
            moved = [
                _perturbed_change(model, state, batch, generator(f"neighbour {number} {k}"))
                for k in range(REPEATS if number else FIRST_REPEATS)
            ]
            settings = measure(change(state, rounded.step(state, batch)), wanted)
            yield StepInKeras(step, np.array([measure(c, wanted) for c in moved]), settings)
            state = step.state


def _perturbed_change(
    model: StepModel, state: State, batch: Batch, random: np.random.Generator
) -> list[np.ndarray]:
    """The change by a step with perturbed numbers, and the rows of the batch in another order.

    In exact arithmetic the order of the rows changes nothing.
    """
    beginning = State(*([perturbed(a, random) for a in arrays] for arrays in state))
    order = random.permutation(len(batch.labels))
    images = perturbed(batch.images[order], random)
    return change(beginning, model.step(beginning, Batch(images, batch.labels[order])))
