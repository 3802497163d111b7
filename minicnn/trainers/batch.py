"""What every step needs to know about its batch."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.common.dtypes import with_own_dtype


def as_tensors(batch: Any) -> Any:
    """The batch with tensors for arrays; other leaves as they are."""
    if type(batch) is tuple:  # nearly always, and nearly always of arrays
        return tuple([_tensor(x) if type(x) is np.ndarray else _nested(x) for x in batch])
    return _nested(batch)


def _nested(x: Any) -> Any:
    return tree.map_structure(_as_tensor, x)


def _as_tensor(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _tensor(x)
    if x is None or isinstance(x, Tensor) or not hasattr(x, "__array__"):
        return x
    return _tensor(np.asarray(x))


def _tensor(array: np.ndarray) -> Tensor:
    return Tensor(with_own_dtype(array))


def number_of_rows(x: Any) -> int:
    """Samples in a batch of inputs."""
    return next(leaf for leaf in tree.flatten(x) if leaf is not None).shape[0]


def check_counts(**counts: Any) -> None:
    """Refuses batch sizes and numbers of steps that are not whole numbers from 1."""
    for name, count in counts.items():
        if count is not None and not _is_count(count):
            raise ValueError(
                f"`{name}` must be a whole number from 1, or None. Received: {name}={count!r}"
            )


def _is_count(count: Any) -> bool:
    try:
        return operator.index(count) > 0
    except TypeError:
        return False
