"""`split_dataset`: a data set as two."""

from __future__ import annotations

import random
from typing import Any

from minicnn.common.describe import described
from minicnn.data.batching import batched
from minicnn.data.dataset import Dataset
from minicnn.data.elements import as_arrays


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Splits data into two data sets, such as for training and testing.

    All samples are read for it, and kept in memory.

    Args:
        dataset: an array, a tuple or list of arrays, or a `Dataset`; one in batches is split by
            its samples, and both parts have batches of the same size.
        left_size: number of samples in the first part, or their fraction; by default the rest.
        right_size: the same for the second part, which has the last samples.
        shuffle: whether to shuffle the samples before.
        seed: of the order.
        preferred_backend: accepted; the results are always `Dataset`s of minicnn.

    Raises:
        TypeError, ValueError: other data or sizes, or a part without samples.

    Example:
        >>> import numpy as np
        >>> left, right = split_dataset(np.arange(10), left_size=0.8)
        >>> len(left), list(right.as_numpy_iterator())
        (8, [np.int64(8), np.int64(9)])
    """
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. Received: "
            "left_size=None and right_size=None"
        )
    samples = _samples(dataset)
    if not samples:
        raise ValueError("Received an empty dataset. `dataset` must have at least one sample.")
    if shuffle:
        random.Random(random.randint(0, 10**6) if seed is None else seed).shuffle(samples)
    left, right = _sizes(left_size, right_size, len(samples))
    parts = (_joined(samples[:left]), _joined(samples[len(samples) - right :]))
    size = getattr(dataset, "_batch_size", None)
    if size is None:
        return parts
    return tuple(part.batch(size) for part in parts)


def _samples(dataset: Any) -> list[Any]:
    if isinstance(dataset, Dataset):
        single = dataset.unbatch() if hasattr(dataset, "_batch_size") else dataset
        return list(single._elements())
    if isinstance(dataset, (list, tuple)) and all(hasattr(x, "__array__") for x in dataset):
        return list(Dataset.from_tensor_slices(tuple(dataset))._elements())
    if hasattr(dataset, "__array__") or isinstance(dataset, (list, tuple, dict)):
        return list(Dataset.from_tensor_slices(as_arrays(dataset))._elements())
    raise TypeError(
        "The `dataset` argument must be either a `Dataset` object, or a list/tuple of arrays. "
        f"Received: {described(dataset)}"
    )


def _joined(samples: list[Any]) -> Dataset:
    return Dataset.from_tensor_slices(next(batched(iter(samples), len(samples), False)))


def _sizes(left: Any, right: Any, count: int) -> tuple[int, int]:
    """Both sizes as numbers of samples."""
    left, right = _size("left_size", left, count), _size("right_size", right, count)
    left = count - right if left is None else left
    right = count - left if right is None else right
    if left + right > count:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be smaller than the {count} samples. "
            f"Received: {left} and {right} samples."
        )
    for side, size in {"left": left, "right": right}.items():
        if size == 0:
            raise ValueError(
                f"With `dataset` of length={count}, the {side} side of the split has no samples: "
                f"left {left}, right {right}."
            )
    return left, right


def _size(name: str, size: Any, count: int) -> int | None:
    if size is None:
        return None
    if type(size) not in (int, float):
        raise TypeError(
            f"Invalid `{name}` type. Expected: integer or float or None, Received: {size!r} of "
            f"type {type(size).__name__}"
        )
    if not 0 < size < (count if type(size) is int else 1):
        raise ValueError(
            f"`{name}` should be either a positive integer smaller than {count}, or a float within "
            f"the range `[0, 1]`. Received: {name}={size}"
        )
    return size if type(size) is int else round(size * count)
