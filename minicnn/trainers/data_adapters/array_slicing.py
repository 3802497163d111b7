"""Arrays of many kinds as NumPy arrays, and the split into training and validation data."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common import configuration, dtypes


def can_slice_array(x: Any) -> bool:
    """Whether this is an array (of NumPy, this library, pandas, another framework) or None."""
    return x is None or hasattr(x, "__array__")


def can_convert_arrays(arrays: Any) -> bool:
    """Whether all leaves of a structure are arrays or None."""
    return all(map(can_slice_array, tree.flatten(arrays)))


def as_numpy(arrays: Any) -> Any:
    """The same structure of NumPy arrays, floats in `config.floatx()`; without copying if possible.

    Raises:
        ValueError: a table with columns that are not numbers.
    """
    return tree.map_structure(_as_numpy, arrays, none_is_leaf=False)


def _as_numpy(x: Any) -> np.ndarray:
    pandas = sys.modules.get("pandas")  # what is not imported cannot have made x
    if pandas is not None and isinstance(x, (pandas.DataFrame, pandas.Series)):
        return _table_as_numpy(x)
    array = np.asarray(x)
    if dtypes.is_real_float(array.dtype) and array.dtype != configuration.floatx():
        return array.astype(configuration.floatx())
    return array


def _table_as_numpy(table: Any) -> np.ndarray:
    """A data frame as `(rows, columns)`, a series as `(rows, 1)`."""
    frame = table.to_frame() if table.ndim == 1 else table
    wrong = [str(name) for name, dtype in frame.dtypes.items() if dtype.kind not in "fiub"]
    if wrong:
        raise ValueError(
            f"The columns {wrong} of the pandas {type(table).__name__} are not numbers. "
            "Leave them out, or turn them into numbers (`pandas.get_dummies`, `astype`)."
        )
    floats = any(dtype.kind == "f" for dtype in frame.dtypes)
    return frame.to_numpy(dtype=configuration.floatx() if floats else None)


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Two structures: the first rows to train on, the last ones, in their order, to validate on.

    `floor(rows · (1 − validation_split))` rows are for training. The parts are views.

    Raises:
        ValueError: something that is not an array, a fraction outside of ]0, 1[, or too few rows.
    """
    wrong = {type(leaf).__name__ for leaf in tree.flatten(arrays) if not can_slice_array(leaf)}
    if wrong:
        raise ValueError(
            "Argument `validation_split` is only supported for tensors or NumPy arrays. "
            f"Found incompatible type in the input: {sorted(wrong)}. Pass "
            "`validation_data` instead."
        )
    if not 0 < validation_split < 1:
        raise ValueError(
            "`validation_split` is the fraction of the samples to validate on, between 0 and 1. "
            f"Received: validation_split={validation_split}"
        )
    arrays = as_numpy(arrays)
    rows = next((len(leaf) for leaf in tree.flatten(arrays) if leaf is not None), None)
    if rows is None:
        return arrays, arrays
    split_at = math.floor(rows * (1.0 - validation_split))
    if split_at in (0, rows):
        raise ValueError(
            f"Training data contains {rows} samples, which is not sufficient to split it into a "
            "validation and training set as specified by "
            f"`validation_split={validation_split}`. Either provide more data, or a different "
            "value for the `validation_split` argument."
        )
    return _rows(arrays, slice(None, split_at)), _rows(arrays, slice(split_at, None))


def _rows(arrays: Any, rows: slice) -> Any:
    return tree.map_structure(lambda array: array[rows], arrays, none_is_leaf=False)
