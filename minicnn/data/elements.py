"""What the elements of a data set are made of: arrays in tuples and dicts, nested as one likes.

A data set may stand where an array does: `window` makes such elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.common.describe import described

_OF_PYTHON_NUMBERS = {"int64": "int32", "float64": "float32"}


def as_arrays(element: Any) -> Any:
    """The element with an array for each leaf. Lists are leaves, as in `tf.data`.

    >>> as_arrays(([1, 2], {"label": 3.0}))
    (array([1, 2], dtype=int32), {'label': array(3., dtype=float32)})
    """
    if element is None:
        return None
    if isinstance(element, dict):
        return {key: as_arrays(value) for key, value in element.items()}
    if isinstance(element, tuple):
        parts = [as_arrays(part) for part in element]
        return type(element)(*parts) if hasattr(element, "_fields") else tuple(parts)
    return element if is_data_set(element) else as_array(element)


def as_array(x: Any) -> np.ndarray:
    """An array; numbers of Python become int32 and float32, arrays keep their type.

    Raises:
        ValueError: sequences of unequal length.
    """
    if hasattr(x, "__array__"):
        array = np.asarray(x)
        return _as_strings(array) if array.dtype == object else array
    try:
        array = np.stack([as_array(part) for part in x]) if _has_arrays(x) else np.asarray(x)
    except ValueError:
        raise ValueError(_unequal(x)) from None
    if array.dtype == object:
        return _as_strings(array)
    return array.astype(_OF_PYTHON_NUMBERS.get(array.dtype.name, array.dtype), copy=False)


def _has_arrays(x: Any) -> bool:
    return isinstance(x, list) and any(hasattr(part, "__array__") for part in x)


def _as_strings(array: np.ndarray) -> np.ndarray:
    """An array of objects as one of strings, if it holds strings."""
    if all(isinstance(each, str) for each in array.flat):
        return array.astype(str)
    if any(isinstance(each, (list, tuple, np.ndarray)) for each in array.flat):
        raise ValueError(_unequal(array))
    kinds = sorted({type(each).__name__ for each in array.flat})
    raise ValueError(
        f"A data set holds numbers, truth values and strings. Received an array of {kinds} objects."
    )


def _unequal(sequences: Any) -> str:
    lengths = {len(each) for each in sequences if hasattr(each, "__len__")}
    shown = f" ({', '.join(map(str, sorted(lengths)[:8]))})" if len(lengths) > 1 else ""
    return (
        f"Sequences of unequal length{shown} do not make an array. Pad them first: "
        "`utils.pad_sequences(sequences)`."
    )


def as_tensors(element: Any) -> Any:
    """The element with tensors for its arrays."""
    if type(element) is np.ndarray:
        return Tensor(element)
    if is_flat(element):
        return tuple([Tensor(array) for array in element])
    return tree.map_structure(
        lambda x: x if is_data_set(x) else Tensor(x), element, none_is_leaf=False
    )


def called_with(function: Callable, element: Any) -> Any:
    """`function(element)`; the parts of a tuple are separate arguments, a list becomes a tuple."""
    result = function(*element) if type(element) is tuple else function(element)
    return tuple(result) if type(result) is list else result


def is_flat(element: Any) -> bool:
    """Whether this is a tuple of arrays, as most elements are."""
    return type(element) is tuple and all(type(part) is np.ndarray for part in element)


def is_data_set(x: Any) -> bool:
    """Whether this part of an element is a data set."""
    return hasattr(type(x), "element_spec")  # computing it may call functions


def check_arrays(method: str, element: Any) -> None:
    """Refuses elements with data sets in them.

    Raises:
        TypeError: says how to make arrays of them.
    """
    if not is_flat(element) and any(map(is_data_set, tree.flatten(element))):
        raise TypeError(
            f"`{method}` needs elements of arrays, but these are {described(element)}, as `window` "
            "makes them. Make arrays of them before: `flat_map(lambda window: window.batch(size))`."
        )


def row_of(arrays: Any, row: int) -> Any:
    """A row of every array, as a copy."""
    if is_flat(arrays):
        return tuple([array[row, ...].copy() for array in arrays])
    return tree.map_structure(lambda x: x[row, ...].copy(), arrays, none_is_leaf=False)
