"""Weights in dicts of objects: `{"layers": {"dense": {"0": kernel, "1": bias}}}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minicnn.common import dtypes
from minicnn.common.printing import printable
from minicnn.common.suggest import shown
from minicnn.saving.dataset_checks import NUMBERS_AND_BYTES
from minicnn.saving.limits import FileRefused

Tree = dict[str, Any]
"""An object's weights (arrays) and the objects inside it (dicts of the same kind), by name."""


def weights_tree(weights: Iterable[tuple[str, np.ndarray]]) -> Tree:
    """The dicts of weights whose paths are given, such as `layers/dense/0`."""
    root: Tree = {}
    for path, value in weights:
        *owners, name = path.split("/")
        group = root
        for owner in owners:
            check_name(owner, f"'{path}' is not in the format of Keras 3")
            group = group.setdefault(owner, {})
            if not isinstance(group, dict):
                raise FileRefused(f"'{owner}' in the path '{path}' is a weight, too.")
        if name in group:
            raise FileRefused(f"'{path}' is both an object and a weight.")
        group[name] = value
    return root


def objects(group: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """The path of the group and of each object in it at any depth (the root's is empty)."""
    yield path, group
    for name, value in group.items():
        if isinstance(value, dict):
            yield from objects(value, f"{path}/{name}")


def differences(found: Tree, expected: Tree, path: str = "") -> Iterator[str | None]:
    """A sentence for each difference; None for each weight that is the same in shape."""
    for name in dict.fromkeys([*expected, *found]):
        here = f"'{path}/{printable(name)}'"
        ours, theirs = found.get(name), expected.get(name)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from differences(ours, theirs, f"{path}/{name}")
        elif theirs is None:
            yield f"{here} is in the file, but not in the model: {_told(name, ours)}."
        elif ours is None:
            yield f"{here} is in the model, but not in the file: {_told(name, theirs)}."
        elif (mine := _told(name, ours)) != (other := _told(name, theirs)):
            yield f"{here} is {other} in the model, and {mine} in the file."
        else:
            yield None


def _told(name: str, x: Any) -> str:
    if not isinstance(x, dict):
        return f"a weight of shape {x.shape}"
    return f"an object with {', '.join(f'{printable(name)}/{printable(key)}' for key in x)}"


def checked_weights(weights: Any, owner: str) -> Tree:
    """Copies of weights that a user gave; raises for what cannot be one."""
    if not isinstance(weights, dict):
        raise ValueError(
            f"`weights` of '{owner}' should be a dict of arrays by name, such as "
            f'{{"0": kernel, "1": bias}}. Received: {shown(weights)} (of type '
            f"{type(weights).__name__})"
        )
    for name in weights:
        check_name(name, f"The names of the weights of '{owner}' should be like '0' or '1'")
    return {
        name: checked_weights(x, f"{owner}/{name}")
        if isinstance(x, dict)
        else _array(x, owner, name)
        for name, x in weights.items()
    }


def _array(x: Any, owner: str, name: str) -> np.ndarray:
    try:
        array = np.array(x)
    except Exception as error:  # rows of different lengths, or an object's own error
        raise ValueError(f"Weight '{name}' of '{owner}' is no array: {error}") from error
    if array.dtype.kind in NUMBERS_AND_BYTES or array.dtype == dtypes.numpy_dtype("bfloat16"):
        return array
    raise ValueError(
        f"Weight '{name}' of '{owner}' should be an array of numbers. Received: {shown(x)} "
        f"(of type {array.dtype})"
    )


def check_name(name: Any, what: str) -> None:
    """Raises for a name that a group or data set of the file cannot have."""
    if not isinstance(name, str) or name in ("", ".", "vars") or {"/", "\0"} & {*name}:
        raise ValueError(f"{what}. Received: {shown(name)}")
