"""Where batches come from: the adapter that suits the data."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from minicnn.data.dataset import Dataset
from minicnn.trainers.data_adapters import array_slicing
from minicnn.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from minicnn.trainers.data_adapters.data_adapter import DataAdapter
from minicnn.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter
from minicnn.trainers.data_adapters.iterable_data_adapter import IterableDataAdapter
from minicnn.trainers.data_adapters.py_dataset_adapter import PyDataset, PyDatasetAdapter

__all__ = [
    "ArrayDataAdapter",
    "DataAdapter",
    "GeneratorDataAdapter",
    "IterableDataAdapter",
    "PyDatasetAdapter",
    "get_data_adapter",
]

_NOT_BATCHES = (str, bytes, list, tuple, dict, set)


def get_data_adapter(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    steps_per_epoch: int | None = None,
    shuffle: bool | str = False,
    class_weight: dict[int, float] | None = None,
) -> DataAdapter:
    """The source of batches for the data given to `fit`, `evaluate` or `predict`.

    Raises:
        ValueError: data of an unknown kind, or arguments that do not go with its kind.
    """
    if isinstance(x, DataAdapter):
        return x
    if array_slicing.can_convert_arrays((x, y, sample_weight)):
        return ArrayDataAdapter(
            x,
            y,
            sample_weight=sample_weight,
            class_weight=class_weight,
            shuffle=shuffle,
            batch_size=batch_size,
            steps=steps_per_epoch,
        )
    if isinstance(x, PyDataset):
        _check_alone("PyDataset", y, sample_weight)
        if x.num_batches is None and shuffle:
            _warn_not_shuffled("an infinite PyDataset")
        return PyDatasetAdapter(x, class_weight=class_weight, shuffle=bool(shuffle))
    if _is_iterable_of_batches(x):
        return _adapter_of_iterable(x, y, sample_weight, shuffle, class_weight)
    raise ValueError(_unrecognized(x, y, sample_weight))


def _is_iterable_of_batches(x: Any) -> bool:
    return (
        isinstance(x, Iterable)
        and not isinstance(x, _NOT_BATCHES)
        and not array_slicing.can_slice_array(x)
    )


def _adapter_of_iterable(
    x: Iterable, y: Any, sample_weight: Any, shuffle: bool | str, class_weight: Any
) -> DataAdapter:
    once = isinstance(x, Iterator)
    kind = "generator" if once else type(x).__name__
    _check_alone(kind, y, sample_weight)
    if class_weight is not None and not isinstance(x, Dataset):
        raise ValueError(
            f"Argument `class_weight` is not supported for inputs given as a {kind}. "
            f"Received: class_weight={class_weight}. Let the {kind} give the weights of the "
            "samples as the third part of its batches."
        )
    if shuffle and once:
        _warn_not_shuffled("a generator")
    return GeneratorDataAdapter(x) if once else IterableDataAdapter(x, class_weight)


def _check_alone(kind: str, y: Any, sample_weight: Any) -> None:
    parts = {"y": (y, "the targets"), "sample_weights": (sample_weight, "the sample weights")}
    for name, (value, description) in parts.items():
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, "
                f"{description} should be included as part of the {kind}."
            )


def _warn_not_shuffled(kind: str) -> None:
    warnings.warn(
        "`shuffle=True` was passed, but will be ignored since the data `x` was provided as "
        f"{kind}, which decides on the order itself. Pass `shuffle=False` to silence this warning.",
        stacklevel=4,
    )


def _unrecognized(x: Any, y: Any, sample_weight: Any) -> str:
    parts = {"x": x, "y": y, "sample_weight": sample_weight}
    name, value = next(
        (name, value)
        for name, value in parts.items()
        if not array_slicing.can_convert_arrays(value)
    )
    message = f"Unrecognized data type: {name}={str(value)[:200]} (of type {type(value)}). "
    if isinstance(value, (list, tuple)):
        return message + (
            f"A list stands for several arrays here. Pass `np.array({name})` for one array."
        )
    return message + (
        "Expected arrays (of NumPy or pandas), a list or dict of arrays, a `PyDataset`, a "
        "generator, or another iterable of batches."
    )
