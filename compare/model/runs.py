"""Runs a model on minicnn, on Keras, in float64, and in float64 with perturbed arithmetic.

Perturbed arithmetic takes the branches of the exact one at every kink, so it measures rounding
only. Units within rounding of a kink are listed; `Results.other_branches` computes what their other
branch would give.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import minicnn
from compare import kinks
from compare.algorithms import documented_errors
from compare.cli.outcome import CannotCompare
from compare.cli.table import progress
from compare.errors import ALLOWED
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN
from compare.libraries.truth import PerturbedTruth, Truth, perturbed_arithmetic
from compare.model import data, run
from compare.model.description import in_float64, unit

PERTURBATION_SEEDS = (1, 2, 3)
STEPS = 3 + len(PERTURBATION_SEEDS)


class Request(NamedTuple):
    """The user's request.

    Attributes:
        file: the .keras file.
        description: of the model in it, or of the part of it that is compared.
        whole: whether it is the whole model.
        code: a program that defines the classes of the model, or None.
        data: a .npz file, or None for random data.
    """

    file: str
    description: dict[str, Any]
    whole: bool
    code: str | None
    data: str | None
    batch: int
    seed: int
    backend: str


class Results(NamedTuple):
    """The results of all runs, the names of the gradients, and the units close to a kink."""

    ours: run.Result
    keras: run.Result
    exact: ExactRuns
    names: list[str]

    @property
    def truth(self) -> run.Result:
        """The result in float64."""
        return self.exact.truth


def run_all(request: Request) -> Results:
    """Run the model everywhere."""
    model = _opened(request)
    inputs = data.inputs_of(model, request.description)
    arrays = (
        data.given(request.data, inputs, request.batch)
        if request.data
        else data.drawn(inputs, request.batch, request.seed)
    )
    part = None if request.whole else request.description
    task = run.Task(request.file, part, arrays, request.seed, request.code)
    progress(0, STEPS, "Keras")
    weights, keras = worker.in_keras(request.backend, "compare.model.run:in_keras", task)
    if part:
        run.set_weights(model, weights)
    _check_weights(run.weights_by_layer(model), weights)
    progress(1, STEPS, "minicnn")
    with _attempt("compute it"):
        ours = run.run(MiniCNN(), model, task)
    names = [f"input {x.name}" for x, a in zip(inputs, arrays, strict=True) if a.dtype.kind == "f"]
    names += [v.path for v in model.trainable_variables]
    with _attempt("compute it in float64"):
        exact = ExactRuns(request.description, task, weights)
    progress(STEPS, STEPS, "")
    return Results(ours, keras, exact, names)


def _opened(request: Request) -> Any:
    with _attempt("open it"):
        minicnn.utils.clear_session()  # so that names of layers are numbered from the start
        if request.whole:
            return minicnn.saving.load_model(request.file, compile=False)
        return minicnn.saving.deserialize_keras_object(request.description)


class ExactRuns:
    """The model in float64.

    Attributes:
        truth: its result.
        perturbed: results in which each operation's result is perturbed by several roundings, and
            each convolution's by the documented error of the algorithm that minicnn chooses.
        units: the units within rounding of a kink.
    """

    def __init__(self, description: dict, task: run.Task, weights: dict[str, list[np.ndarray]]):
        self._description, self._task, self._weights = in_float64(description), task, weights
        self._size, backend = ALLOWED * unit(description), minicnn.config.backend()
        progress(2, STEPS, "the truth")
        following = kinks.Following()
        with self._settings():
            self._model = run.model_from(Truth(confirm=False), self._description, weights)
            self.truth = run.run(Truth(confirm=False), self._model, task, following)
        self._calls = following.calls
        self.perturbed, margins = [], []
        for seed in PERTURBATION_SEEDS:
            progress(2 + seed, STEPS, "what rounding explains")
            result, calls = self._perturbed(seed, backend)
            self.perturbed.append(result)
            margins.append(calls)
        self.units = kinks.close(self._calls, margins, 1.0)

    def _perturbed(self, seed: int, backend: str) -> tuple[run.Result, list[kinks.Call]]:
        following = kinks.Following(self._calls)
        with (
            self._settings(),
            perturbed_arithmetic(seed, self._size) as perturb,
            documented_errors(seed, backend),
        ):
            library = PerturbedTruth(perturb)
            model = run.model_from(library, self._description, self._weights)
            return run.run(library, model, self._task, following), following.calls

    def other_branches(self) -> Iterator[list[np.ndarray]]:
        """Yields for each of the units the exact gradients with its other branch."""
        library = Truth(confirm=False)
        floats = [y for y in self.truth.outputs if y.dtype.kind == "f"]
        seeds = run.cotangents(library, floats, self._task.seed)
        for number, kink in enumerate(self.units[: kinks.MOST_UNITS]):
            progress(number, len(self.units), "units at a kink")
            with self._settings(), kinks.Following(self._calls, [kink]):
                yield run.gradients(library, self._model, self._task, seeds)
        progress(1, 1, "")

    @contextlib.contextmanager
    def _settings(self) -> Iterator[None]:
        with Truth(confirm=False).settings(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


def _check_weights(ours: dict[str, list], keras: dict[str, list]) -> None:
    """Raise an error unless both libraries read the same weights, bit for bit."""
    for name in dict.fromkeys([*keras, *ours]):
        a, b = ours.get(name), keras.get(name)
        if a is None or b is None:
            raise CannotCompare(f"only {'minicnn' if b is None else 'Keras'} has a layer {name}.")
        same = len(a) == len(b) and all(map(np.array_equal, a, b))
        if not same:
            raise CannotCompare(f"the two read different weights for the layer {name}.")


@contextlib.contextmanager
def _attempt(what: str) -> Iterator[None]:
    """Turns an exception of minicnn into a sentence for the user."""
    try:
        yield
    except CannotCompare:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise CannotCompare(f"minicnn cannot {what}: {type(error).__name__}: {lines[0]}") from error
