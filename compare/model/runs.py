"""Runs a model on minicnn, on Keras, in float64, and in float64 with perturbed arithmetic."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import minicnn
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
        data: a .npz file, or None for random data.
    """

    file: str
    description: dict[str, Any]
    whole: bool
    data: str | None
    batch: int
    seed: int
    backend: str


class Results(NamedTuple):
    """The results of all runs, and the names of the gradients."""

    ours: run.Result
    keras: run.Result
    truth: run.Result
    perturbed: list[run.Result]
    names: list[str]


def run_all(request: Request) -> Results:
    """Run the model everywhere."""
    model = _opened(request)
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise CannotCompare("the model has no inputs: it was saved without being built.")
    arrays = (
        data.given(request.data, inputs, request.batch)
        if request.data
        else data.drawn(inputs, request.batch, request.seed)
    )
    part = None if request.whole else request.description
    task = run.Task(request.file, part, arrays, request.seed)
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
        truth, perturbed = _in_float64(request, task, weights)
    progress(STEPS, STEPS, "")
    return Results(ours, keras, truth, perturbed, names)


def _opened(request: Request) -> Any:
    with _attempt("open it"):
        if request.whole:
            return minicnn.saving.load_model(request.file, compile=False)
        return minicnn.saving.deserialize_keras_object(request.description)


def _in_float64(
    request: Request, task: run.Task, weights: dict[str, list[np.ndarray]]
) -> tuple[run.Result, list[run.Result]]:
    """The truth, and runs in which each result is perturbed by several roundings."""
    description, size = in_float64(request.description), ALLOWED * unit(request.description)

    def result(library: Truth) -> run.Result:
        return run.run(library, run.model_from(library, description, weights), task)

    truth, perturbed = Truth(confirm=False), []
    with truth.settings(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        progress(2, STEPS, "the truth")
        exact = result(truth)
        for seed in PERTURBATION_SEEDS:
            progress(2 + seed, STEPS, "what rounding explains")
            with perturbed_arithmetic(seed, size) as perturb:
                perturbed.append(result(PerturbedTruth(perturb)))
    return exact, perturbed


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
