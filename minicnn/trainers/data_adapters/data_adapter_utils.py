"""Batches packed and unpacked, numbers of samples, class weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common import configuration
from minicnn.common.describe import described
from minicnn.common.warn_once import warn_once


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Input, target and sample weight of a batch; None for what the batch does not hold.

    For `train_step`, `test_step` and `predict_step` of one's own.

    >>> unpack_x_y_sample_weight(("x", "y"))
    ('x', 'y', None)

    Raises:
        ValueError: a tuple or list of more than three.
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`. "
            f"Received {len(data)} parts: {described(data)}. Several inputs go into one list or "
            "dict: `([x1, x2], y)`."
        )
    return (*data, *(None,) * (3 - len(data)))


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The opposite: a tuple of what there is, or `x` by itself where that is not ambiguous.

    >>> pack_x_y_sample_weight("x"), pack_x_y_sample_weight("x", "y"), pack_x_y_sample_weight(["x"])
    ('x', ('x', 'y'), (['x'],))
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def check_data_cardinality(x: Any, y: Any = None, sample_weight: Any = None) -> int:
    """The number of samples, which all arrays must share.

    Raises:
        ValueError: different numbers of samples, none at all, or an array without axes.
    """
    parts = {"x": x, "y": y, "sample_weight": sample_weight}
    sizes = {name: _sizes(name, part) for name, part in parts.items()}
    numbers = {size for part in sizes.values() for size in part}
    if len(numbers) > 1:
        listed = "; ".join(
            f"'{name}' sizes: {', '.join(map(str, part))}" for name, part in sizes.items() if part
        )
        raise ValueError(
            "Data cardinality is ambiguous. All arrays must contain the same number of samples "
            f"(rows). Received {listed}."
        )
    if not numbers:
        raise ValueError("No data: `x` is None. Give an array, a data set or a generator.")
    if numbers == {0}:
        shapes = [tuple(leaf.shape) for leaf in tree.flatten(x) if leaf is not None]
        raise ValueError(
            f"Empty data: `x` has 0 samples (shape {', '.join(map(str, shapes))}). "
            "Expected at least one row; was everything filtered out or sliced away?"
        )
    return numbers.pop()


def _sizes(name: str, part: Any) -> list[int]:
    leaves = [leaf for leaf in tree.flatten(part) if leaf is not None]
    if any(not len(leaf.shape) for leaf in leaves):
        raise ValueError(
            f"`{name}` holds a single number instead of an array of samples. Expected shape "
            "(samples, ...); for one sample add an axis: `x[np.newaxis]`."
        )
    return [int(leaf.shape[0]) for leaf in leaves]


def class_weight_to_sample_weights(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """One weight a sample: that of its class, 1 for classes that `class_weight` leaves out.

    Args:
        y: class indices `(samples,)` or `(samples, 1)`, or one-hot `(samples, classes)`.
        class_weight: class index to weight.
    """
    _check_class_weight(class_weight)
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(axis=-1)
    with np.errstate(invalid="ignore"):  # the loss is the one to complain of NaN labels
        labels = np.round(labels).astype("int64")
    classes, index = np.unique(labels, return_inverse=True)
    _warn_of_missing_classes(classes, class_weight)
    weights = [class_weight.get(int(each), 1.0) for each in classes]
    return np.array(weights, dtype=configuration.floatx())[index.reshape(labels.shape)]


def _check_class_weight(class_weight: Any) -> None:
    if not isinstance(class_weight, dict):
        raise ValueError(
            "`class_weight` must be a dict from class index to weight, as {0: 1.0, 1: 5.0}. "
            f"Received {type(class_weight).__name__}. From a list or an array of weights: "
            "`dict(enumerate(weights))`."
        )
    wrong = [key for key in class_weight if not isinstance(key, _NUMBERS)]
    if wrong:
        raise ValueError(
            "The keys of `class_weight` must be class indices (whole numbers from 0). "
            f"Received the keys {wrong}."
        )
    wrong = {k: w for k, w in class_weight.items() if not isinstance(w, _NUMBERS) or not w >= 0}
    if wrong:
        raise ValueError(
            "The weights of `class_weight` must be numbers from 0. Received "
            f"{', '.join(f'{w!r} for the class {k}' for k, w in wrong.items())}."
        )


def _warn_of_missing_classes(classes: np.ndarray, class_weight: dict[int, float]) -> None:
    missing = [int(each) for each in classes if int(each) not in class_weight]
    if missing and class_weight:
        warn_once(
            "class_weight",
            f"`class_weight` has weights for the classes {sorted(class_weight)}, but the labels "
            f"have the classes {_some(missing)} too: these get the weight 1, as in Keras. Add "
            "them to `class_weight` to silence this warning.",
        )


def _some(items: list) -> str:
    return str(items) if len(items) <= 10 else f"{str(items[:10])[:-1]}, ...]"


_NUMBERS = (int, float, np.number)


def with_class_weights(batch: tuple, class_weight: dict[int, float], kind: str) -> tuple:
    """The batch with a weight for each sample, that of its class.

    Raises:
        ValueError: the batch has sample weights already.
    """
    if len(batch) == 3:
        raise ValueError(
            "You cannot specify `class_weight` and `sample_weight` at the same time: "
            f"{kind} gives sample weights as the third part of its batches."
        )
    return (*batch, class_weight_to_sample_weights(batch[1], class_weight))
