"""Errors for what methods of one's own return, and warnings of numbers that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common.describe import described
from minicnn.common.dtypes import is_real_float
from minicnn.common.warn_once import warn_once

_MOST = 1 << 26  # numbers of an array that are looked at; of larger ones, evenly spaced rows


def check_logs(model: Any, method: str, logs: Any) -> None:
    """Refuses what a step returned unless it is a dict of numbers by name."""
    if not isinstance(logs, dict):
        raise ValueError(
            f"`{method}` of model {model.name!r} returned {described(logs)}. Expected a dict of "
            "logs, such as {'loss': loss}: a custom step ends with "
            "`return self.compute_metrics(x, y, y_pred, sample_weight)`, or returns a dict of its "
            "own."
        )
    if missing := [name for name, value in logs.items() if value is None]:
        raise ValueError(
            f"`{method}` of model {model.name!r} returned logs without a value: "
            f"{', '.join(map(repr, missing))} is None. Expected a number for each name."
        )


def check_outputs(model: Any, method: str, outputs: Any) -> None:
    """Refuses predictions that are none."""
    if any(leaf is None for leaf in tree.flatten(outputs)):
        raise ValueError(
            f"`{method}` of model {model.name!r} returned {described(outputs)}. Expected the "
            "model's outputs as tensors: is a `return` missing in it, or in the model's `call`?"
        )


def check_loss(model: Any, loss: Any) -> None:
    """Refuses a loss that is none."""
    if loss is None:
        raise ValueError(
            f"`compute_loss` of model {model.name!r} returned None. Expected the loss as a scalar: "
            "is a `return` missing in it?"
        )


def warn_of_no_numbers(x: Any, sample_weight: Any = None, y: Any = None) -> None:
    """Warns of NaN and infinity in the data of `fit`, `evaluate` or `predict`, once for each.

    NaN among the targets is for the losses to judge: one of one's own may leave it out.
    """
    for part, structure in {"x": x, "sample_weight": sample_weight, "y": y}.items():
        for path, leaf in tree.flatten_with_path(structure):
            if isinstance(leaf, np.ndarray) and is_real_float(leaf.dtype) and leaf.size:
                name = part + "".join(f"[{key!r}]" for key in path)
                _look_at(name, leaf, np.isinf if part == "y" else _is_no_number)


def seem_finite(outputs: Any) -> bool:
    """Whether all numbers in a structure of arrays are finite, and none is very large."""
    floats = [x for x in tree.flatten(outputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    with np.errstate(all="ignore"):
        return all(map(_seems_finite, floats))


def _seems_finite(array: np.ndarray) -> bool:
    numbers = array.ravel(order="K")
    return bool(np.isfinite(np.dot(numbers, numbers)))  # six times as fast as each number's test


def _is_no_number(array: np.ndarray) -> np.ndarray:
    return ~np.isfinite(array)


def _look_at(name: str, array: np.ndarray, is_bad: Callable) -> None:
    every = max(1, array.size // _MOST)
    looked_at = array[::every]
    with np.errstate(all="ignore"):
        if _seems_finite(looked_at):
            return
    bad = is_bad(looked_at)
    if not bad.any():
        return
    first, *rest = (int(i) for i in np.argwhere(bad)[0])
    infinite = int(np.isinf(looked_at).sum())
    nans = int(bad.sum()) - infinite
    warn_once(
        f"no numbers in {name}",
        f"`{name}` of shape {array.shape} holds {nans} NaN and {infinite} "
        f"infinite values, the first at index {(first * every, *rest)}; loss and predictions of "
        "such samples are no numbers either. Drop these samples, or replace the values "
        "(`np.nan_to_num`).",
    )
