"""One-hot labels, unit vectors, and masks of pairs with equal labels."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Converts class numbers to one-hot vectors: (...) or (..., 1) becomes (..., num_classes).

    `num_classes` is the largest class plus one unless given. A tensor gives a tensor, anything
    else a float64 array.

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    from minicnn.autodiff import Tensor

    if isinstance(x, Tensor):
        from minicnn import ops

        return ops.one_hot(_drop_last_axis_of_one(x, ops.reshape), num_classes)
    classes = _drop_last_axis_of_one(np.asarray(x, dtype="int64"), np.reshape)
    if not num_classes:
        if classes.size == 0:
            raise ValueError(
                "`to_categorical` cannot tell the number of classes from an empty array. "
                "Pass `num_classes`."
            )
        num_classes = int(classes.max()) + 1
    if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
        raise IndexError(
            f"`to_categorical` was given labels from {classes.min()} to {classes.max()}, which "
            f"do not fit num_classes={num_classes}. Labels run from 0 to {num_classes - 1}."
        )
    return np.eye(num_classes)[classes]


def _drop_last_axis_of_one(x: Any, reshape: Any) -> Any:
    """Labels of shape (..., 1) with more than one axis as (...)."""
    if len(x.shape) > 1 and x.shape[-1] == 1:
        return reshape(x, tuple(x.shape[:-1]))
    return x


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """Vectors along `axis` divided by their length, `x / ‖x‖`; vectors of zeros stay zeros.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    if not isinstance(x, np.ndarray):
        from minicnn import ops

        return ops.normalize(x, axis=axis, order=order)
    length = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(length == 0, 1, length)


def build_pos_neg_masks(query_labels: Any, key_labels: Any, remove_diagonal: bool = True) -> tuple:
    """Masks of the pairs of a query and a key with the same label, and with different labels.

    Both are boolean and have the shape (queries, keys). With `remove_diagonal`, an item is not
    paired with itself.
    """
    from minicnn import ops

    rows = ops.reshape(query_labels, (-1, 1))
    columns = ops.reshape(key_labels, (1, -1))
    positive = ops.equal(rows, columns)
    negative = ops.logical_not(positive)
    if remove_diagonal:
        diagonal = ops.eye(rows.shape[0], columns.shape[1], dtype="bool")
        positive = ops.logical_and(positive, ops.logical_not(diagonal))
    return positive, negative
