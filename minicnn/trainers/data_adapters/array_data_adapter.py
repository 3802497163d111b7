"""Batches of arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.trainers.checks import warn_of_no_numbers
from minicnn.trainers.data_adapters import array_slicing
from minicnn.trainers.data_adapters.data_adapter import DataAdapter
from minicnn.trainers.data_adapters.data_adapter_utils import (
    check_data_cardinality,
    class_weight_to_sample_weights,
    pack_x_y_sample_weight,
    unpack_x_y_sample_weight,
)
from minicnn.trainers.data_adapters.shuffling import permutation

DEFAULT_BATCH_SIZE = 32


class ArrayDataAdapter(DataAdapter):
    """Arrays, or nested structures of arrays, cut into batches along their first axis.

    Args:
        x: input(s), `(samples, ...)`.
        y: target(s), `(samples, ...)`.
        sample_weight: one weight a sample `(samples,)`, or a structure like that of `y`.
        batch_size: by default, what `steps` makes of the samples, else 32.
        steps: batches in an epoch, for the default of `batch_size`.
        shuffle: True for another order of the samples in every epoch, "batch" for another order
            inside each batch.
        class_weight: class index to weight.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool | str = False,
        class_weight: dict[int, float] | None = None,
    ):
        if not array_slicing.can_convert_arrays((x, y, sample_weight)):
            raise ValueError(
                "Expected all elements of `x` to be array-like, and those of `y` and "
                f"`sample_weight`. Received invalid types: x={x}, y={y}"
            )
        x, y, sample_weight = array_slicing.as_numpy((x, y, sample_weight))
        if class_weight is not None:
            sample_weight = _weights_of_classes(y, class_weight, sample_weight)
        elif sample_weight is not None:
            sample_weight = _weights_like_targets(y, sample_weight)
        self._num_samples = check_data_cardinality(x, y, sample_weight)
        self._inputs = pack_x_y_sample_weight(x, y, sample_weight)
        if not batch_size:
            batch_size = math.ceil(self._num_samples / steps) if steps else DEFAULT_BATCH_SIZE
        self._batch_size = batch_size
        self._shuffle = shuffle

    def warn_of_no_numbers(self) -> None:
        """Warns of NaN and infinity in the data."""
        x, y, sample_weight = unpack_x_y_sample_weight(self._inputs)
        warn_of_no_numbers(x, sample_weight, y)

    def get_numpy_iterator(self) -> Iterator[Any]:
        """The batches of one epoch."""
        within_batches = self._shuffle == "batch"
        order = None
        if self._shuffle and not within_batches:
            order = permutation(self._num_samples)
        for start in range(0, self._num_samples, self._batch_size):
            stop = min(start + self._batch_size, self._num_samples)
            if order is not None:
                yield self._gather(order[start:stop])
            elif within_batches:
                yield self._gather(start + permutation(stop - start))
            else:
                yield self._slice(slice(start, stop))

    def _slice(self, rows: slice) -> Any:
        return tree.map_structure(lambda array: array[rows], self._inputs, none_is_leaf=False)

    def _gather(self, rows: np.ndarray) -> Any:
        return tree.map_structure(
            lambda array: array.take(rows, axis=0), self._inputs, none_is_leaf=False
        )

    @property
    def num_batches(self) -> int:
        """Batches in an epoch."""
        return math.ceil(self._num_samples / self._batch_size)

    @property
    def batch_size(self) -> int:
        """Samples in a batch, but for the last one."""
        return self._batch_size

    @property
    def has_partial_batch(self) -> bool:
        """Whether the last batch is smaller than the others."""
        return self._num_samples % self._batch_size > 0

    @property
    def partial_batch_size(self) -> int | None:
        """Samples in the last batch, if it is smaller than the others."""
        return self._num_samples % self._batch_size or None


def _weights_of_classes(y: Any, class_weight: dict[int, float], sample_weight: Any) -> np.ndarray:
    if sample_weight is not None:
        raise ValueError(
            "You cannot `class_weight` and `sample_weight` at the same time: a sample has one "
            "weight. Multiply them into one `sample_weight`."
        )
    if tree.is_nested(y):
        raise ValueError(
            "`class_weight` is only supported for Models with a single output. "
            f"Received {len(tree.flatten(y))} targets. Pass `sample_weight` with one array per "
            "output instead."
        )
    if y is None:
        raise ValueError("`class_weight` weighs samples by their class in `y`, but `y` is None.")
    return class_weight_to_sample_weights(y, class_weight)


def _weights_like_targets(y: Any, sample_weight: Any) -> Any:
    """One array of weights for each target."""
    if not tree.is_nested(y):
        return sample_weight
    if tree.is_nested(sample_weight):
        _check_same_structure(y, sample_weight)
        return sample_weight
    if sample_weight.ndim != 1 and sample_weight.shape[1:] != (1,):
        raise ValueError(
            "For a model with multiple outputs, when providing a single `sample_weight` array, it "
            "should only have one scalar score per sample (i.e. shape `(num_samples,)`). "
            f"Received shape {sample_weight.shape}. For other weights, give `sample_weight` as a "
            "structure like that of `y`, with one array per output."
        )
    return tree.map_structure(lambda _: sample_weight, y)


def _check_same_structure(y: Any, sample_weight: Any) -> None:
    try:
        tree.assert_same_structure(y, sample_weight)
    except ValueError as error:
        shapes = (tree.map_structure(np.shape, part) for part in (y, sample_weight))
        raise ValueError(
            "You should provide one `sample_weight` array per output in `y`, in the same "
            "structure. Shapes in y: {}; shapes in sample_weight: {}".format(*shapes)
        ) from error
