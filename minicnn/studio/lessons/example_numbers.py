"""Numbers of an example: those of the reader, and the explanations of each, as plain lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minicnn.analysis import Explanation

MOST_EXPLAINED = 128
"""Elements of a tensor of which each is explained."""

Numbers = dict[str, list[float]]


def given(
    numbers: Numbers, name: str, shape: tuple, integers: int = 0, parts: bool = False
) -> np.ndarray:
    """The reader's numbers, or small ones of ours that are the same each time.

    Args:
        numbers: what the reader typed, by name.
        name: of the tensor.
        shape: its shape.
        integers: the numbers are whole and below this; 0 if they may be any.
        parts: ours are between 0 and 1, as probabilities.
    """
    size = int(np.prod(shape))
    given = numbers.get(name)
    if given is not None and len(given) == size:
        array = np.array(given, "float64").reshape(shape)
        if integers:
            return np.clip(np.rint(array), 0, integers - 1).astype("int32")
        return array.astype("float32")
    if name in ("bias", "beta"):
        return np.zeros(shape, "float32")
    if name == "gamma":
        return np.ones(shape, "float32")
    if name == "target":
        return _targets(shape, integers)
    draws = np.random.default_rng([size, len(name)])
    if integers:
        return draws.integers(0, integers, shape).astype("int32")
    if parts:
        return (draws.integers(1, 10, shape) / 10).astype("float32")
    is_image = name.startswith("input") and len(shape) > 2
    low, high = (0, 5) if is_image else (-2, 3)
    return draws.integers(low, high, shape).astype("float32")


def _targets(shape: tuple, integers: int) -> np.ndarray:
    """Labels: class indices, or rows with a 1 at one class."""
    if integers:
        return ((np.arange(np.prod(shape)) + 1) % integers).reshape(shape).astype("int32")
    return np.eye(shape[-1], dtype="float32")[np.ones(shape[:-1], int)]


def each(array: np.ndarray, explain: Callable[..., Explanation]) -> list[dict[str, Any]]:
    """The explanation of each element; nothing where there is none, or of too many."""
    if array.size > MOST_EXPLAINED:
        return []
    places: Iterator[tuple[int, ...]] = itertools.product(*map(range, array.shape))
    try:
        return [plain(explain(at[1:], at[0]), *at) for at in places]
    except ValueError:  # no rule for this class: the numbers are shown without their sums
        return []


def plain(found: Explanation, *at: int) -> dict[str, Any]:
    return {
        "index": list(at),
        "value": found.value,
        "terms": [
            {
                "title": terms.title,
                "source": terms.source,
                "places": None if terms.places is None else _flat(terms.places, 2),
                "factors": {name: _flat(f, 1) for name, f in terms.factors.items()},
                "products": _flat(terms.products, 1),
                "chosen": None
                if terms.chosen is None
                else int(np.ravel_multi_index(terms.chosen, terms.products.shape)),
            }
            for terms in found.terms
        ],
        "steps": [list(step) for step in found.steps],
    }


def _flat(array: np.ndarray, rank: int) -> list:
    """As lists; with rank 2 a list of places."""
    array = np.asarray(array)
    array = array.reshape(-1, array.shape[-1]) if rank == 2 else array.reshape(-1)
    return array.astype("int64" if rank == 2 else "float64").tolist()
