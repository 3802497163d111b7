"""Says where the wrong elements of a gradient are, if that is simple to say."""

from __future__ import annotations

import itertools

import numpy as np


def where_wrong(wrong: np.ndarray) -> str:
    """Where the wrong elements are, if that is simple to say; else nothing."""
    if wrong.all() or not wrong.any():
        return ""
    index = np.argwhere(wrong)
    for axis in range(wrong.ndim):
        at = np.unique(index[:, axis])
        if len(at) == 1 and wrong.shape[axis] > 1:
            place = int(at[0])
            end = {0: "the first", wrong.shape[axis] - 1: "the last"}.get(place, "one")
            all_of_it = " (all of them)" if np.take(wrong, place, axis).all() else ""
            border = "at the border: " if end != "one" and wrong.ndim > 2 and axis > 0 else ""
            return f", {border}at {end} index along axis {axis}, {place}{all_of_it}"
    return _on_border(wrong)


def _on_border(wrong: np.ndarray) -> str:
    long = [a for a in range(wrong.ndim) if wrong.shape[a] > 2]
    for count in (1, 2, 3):
        for axes in itertools.combinations(long, count):
            inner = tuple(slice(1, -1) if a in axes else slice(None) for a in range(wrong.ndim))
            if not wrong[inner].any():
                return f", only at the border of axis {' and '.join(map(str, axes))}"
    return ""
