"""Other inputs for a second check: equal numbers, other memory layouts, no sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.testing.errors import CannotCheck

NAMES = {
    "ties": "equal inputs (rounded to whole numbers)",
    "non_contiguous": "inputs that are not contiguous in memory",
    "empty": "an empty batch",
}


def variants(also: str, inputs: tuple) -> Iterator[tuple[str, list]]:
    """The variants that are asked for: what each is, and its inputs."""
    for word in also.replace(",", " ").split():
        if word not in NAMES:
            raise CannotCheck(f"`also` takes the words {', '.join(NAMES)}, but got {word!r}.")
        yield NAMES[word], CHANGES[word](list(inputs))


def _each(change, inputs: list) -> list:
    return [change(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs]


def _non_contiguous(x: Any) -> np.ndarray:
    if x.ndim == 0:
        return x
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan)
    wide[..., ::2] = x
    return wide[..., ::2]


CHANGES = {
    "ties": lambda inputs: [np.round(inputs[0]), *inputs[1:]],
    "non_contiguous": lambda inputs: _each(_non_contiguous, inputs),
    "empty": lambda inputs: [inputs[0][:0], *inputs[1:]],
}
