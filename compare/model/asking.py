"""The same question put to minicnn, to Keras, to the truth and to the truth's neighbours."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import minicnn
from compare import worker
from compare.errors import ALLOWED
from compare.libraries.minicnn import MiniCNN
from compare.libraries.truth import Neighbour, Truth, rounding
from compare.model import data, run
from compare.model.description import in_float64, unit
from compare.outcome import CannotCompare
from compare.table import progress

NEIGHBOURS = (1, 2, 3)
STEPS = 3 + len(NEIGHBOURS)


class Wish(NamedTuple):
    """What the user wants to know.

    Attributes:
        file: the .keras file.
        description: of the model in it, or of the part of it that is looked at.
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


class Answers(NamedTuple):
    """What all say, and the names of the gradients."""

    ours: run.Answer
    keras: run.Answer
    truth: run.Answer
    neighbours: list[run.Answer]
    names: list[str]


def ask(wish: Wish) -> Answers:
    """Ask all of them."""
    model = _opened(wish)
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise CannotCompare("the model does not say what its inputs are: it was never built.")
    arrays = (
        data.given(wish.data, inputs, wish.batch)
        if wish.data
        else data.drawn(inputs, wish.batch, wish.seed)
    )
    part = None if wish.whole else wish.description
    question = run.Question(wish.file, part, arrays, wish.seed)
    progress(0, STEPS, "Keras")
    weights, keras = worker.in_keras(wish.backend, "compare.model.run:in_keras", question)
    if part:
        run.set_weights(model, weights)
    _check_weights(run.weights_by_layer(model), weights)
    progress(1, STEPS, "minicnn")
    with _attempt("compute it"):
        ours = run.answer(MiniCNN(), model, question)
    names = [f"input {x.name}" for x, a in zip(inputs, arrays, strict=True) if a.dtype.kind == "f"]
    names += [v.path for v in model.trainable_variables]
    with _attempt("compute it in float64"):
        truth, neighbours = _in_float64(wish, question, weights)
    progress(STEPS, STEPS, "")
    return Answers(ours, keras, truth, neighbours, names)


def _opened(wish: Wish) -> Any:
    with _attempt("open it"):
        if wish.whole:
            return minicnn.saving.load_model(wish.file, compile=False)
        return minicnn.saving.deserialize_keras_object(wish.description)


def _in_float64(
    wish: Wish, question: run.Question, weights: dict[str, list[np.ndarray]]
) -> tuple[run.Answer, list[run.Answer]]:
    """The truth, and its neighbours: each result moved by many times what rounding moves it."""
    description, size = in_float64(wish.description), ALLOWED * unit(wish.description)

    def asked(library: Truth) -> run.Answer:
        return run.answer(library, run.made(library, description, weights), question)

    truth, neighbours = Truth(confirm=False), []
    with truth.settings(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        progress(2, STEPS, "the truth")
        answer = asked(truth)
        for seed in NEIGHBOURS:
            progress(2 + seed, STEPS, "what rounding explains")
            with rounding(seed, size) as move:
                neighbours.append(asked(Neighbour(move)))
    return answer, neighbours


def _check_weights(ours: dict[str, list], keras: dict[str, list]) -> None:
    """Both must have read the same weights, bit for bit."""
    for name in dict.fromkeys([*keras, *ours]):
        a, b = ours.get(name), keras.get(name)
        if a is None or b is None:
            raise CannotCompare(f"only {'minicnn' if b is None else 'Keras'} has a layer {name}.")
        same = len(a) == len(b) and all(map(np.array_equal, a, b))
        if not same:
            raise CannotCompare(f"the two read different weights for the layer {name}.")


@contextlib.contextmanager
def _attempt(what: str) -> Iterator[None]:
    """An exception of minicnn's, as a sentence."""
    try:
        yield
    except CannotCompare:
        raise
    except Exception as error:
        said = str(error).strip().splitlines() or [""]
        raise CannotCompare(f"minicnn cannot {what}: {type(error).__name__}: {said[0]}") from error
