"""What is no axis is refused in one sentence, by every operation that has an `axis`."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import minicnn as keras
from minicnn import ops

X = np.arange(24, dtype="float32").reshape(4, 6)
CLASSES = np.array([0, 2, 1])
ARGUMENTS = {
    "append": (X, X),
    "array_split": (X, 2),
    "argpartition": (X, 1),
    "associative_scan": (keras.ops.add, X),
    "binary_crossentropy": (X, X),
    "categorical_crossentropy": (X, X),
    "concatenate": ([X, X],),
    "cross": (X[:3, :3], X[:3, :3]),
    "delete": (X, 1),
    "insert": (X, 1, 0.0),
    "multi_hot": (CLASSES, 3),
    "one_hot": (CLASSES, 3),
    "partition": (X, 1),
    "percentile": (X, 30.0),
    "quantile": (X, 0.3),
    "nanpercentile": (X, 30.0),
    "nanquantile": (X, 0.3),
    "batch_normalization": (X, X[0], X[0]),
    "repeat": (X, 2),
    "roll": (X, 1),
    "squeeze": (X[:1],),
    **dict.fromkeys(("linspace", "logspace", "geomspace"), (1.0, 2.0)),
    "sparse_categorical_crossentropy": (np.array([0, 1, 2, 3]), X),
    "split": (X, 2),
    "stack": ([X, X],),
    "take": (X, [0, 1]),
    "take_along_axis": (X, np.zeros((4, 6), "int32")),
    "compress": (np.array([True, False]), X),
    "extract_sequences": (X, 2, 1),
}
"""What an operation is called with, if it is not the one array X."""
IN_OWN_WORDS = {"array_split", "expand_dims", "squeeze"}


def with_an_axis() -> list[str]:
    found = []
    for name in dir(ops):
        function = getattr(ops, name)
        if not name[0].islower() or not callable(function):
            continue
        if "axis" in inspect.signature(function).parameters:
            found.append(name)
    return found


def call(name: str, axis) -> None:
    getattr(ops, name)(*ARGUMENTS.get(name, (X,)), axis=axis)


@pytest.mark.parametrize("name", with_an_axis())
def test_what_is_no_axis_is_refused(name):
    call(name, 0 if name == "squeeze" else -1)
    for wrong in ("a", 1.5, [[0]]):
        with pytest.raises((TypeError, ValueError)) as caught:
            call(name, wrong)
        message = str(caught.value)
        assert "axis" in message and str(wrong).strip("[]") in message, message
        assert "whole number" in message or name in IN_OWN_WORDS, message


@pytest.mark.parametrize("name", "argmax argmin cumsum cumprod sort argsort diff".split())
def test_several_axes_are_refused_where_one_is_needed(name):
    with pytest.raises(TypeError, match=r"one axis, a whole number\. Received: axis=\(0, 1\)"):
        call(name, (0, 1))
