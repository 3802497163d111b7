"""Checks that labels have the right shape and possible values.

The checks look at shapes and at the smallest and largest label of a batch, never at the
predictions, and they do not check symbolic tensors. That class indices are in range is checked by
the cross-entropy operation.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.autodiff.tracing import traced
from minicnn.common.warn_once import warn_once
from minicnn.losses.loss import squeeze_or_expand_to_same_rank


def as_pair(loss: str, y_true: Any, y_pred: Any, match_ranks: bool = True) -> tuple:
    """Labels and predictions as tensors of the predictions' type, whose shapes broadcast.

    Raises:
        ValueError: shapes that do not broadcast, or NaN among the labels.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    if match_ranks:
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    if not _broadcast(y_true.shape, y_pred.shape):
        raise ValueError(
            f"{loss}: y_true of shape {y_true.shape} and y_pred of shape {y_pred.shape} cannot "
            "be compared element by element. Expected two equal shapes: give the last layer "
            "as many outputs as each sample has labels, or reshape the labels."
        )
    check_no_nan(loss, y_true)
    return y_true, y_pred


def as_one_hot_pair(loss: str, y_true: Any, y_pred: Any) -> tuple:
    """Like `as_pair`, for labels with one column for each class.

    Raises:
        ValueError: integer labels, shapes that differ, or NaN among the labels.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    check_same_shape(loss, y_true, y_pred)
    check_no_nan(loss, y_true)
    return ops.cast(y_true, y_pred.dtype), y_pred


def check_same_shape(loss: str, y_true: Any, y_pred: Any) -> None:
    """Raises unless labels and predictions have the same shape."""
    received, expected = tuple(y_true.shape), tuple(y_pred.shape)
    if _same(received, expected):
        return
    message = (
        f"{loss}: y_true and y_pred must have the same shape. Received y_true of shape {received} "
        f"and y_pred of shape {expected}. "
    )
    if _same(received, expected[:-1]) or _same(received, (*expected[:-1], 1)):
        raise ValueError(
            f"{message}These look like class indices where one-hot labels are expected: use the "
            f"sparse_categorical variant, or utils.to_categorical(y_true, {expected[-1]})."
        )
    raise ValueError(message + "Give the last layer as many outputs as there are labels.")


def check_index_shape(
    loss: str, y_true: Any, y_pred: Any, axis: int = -1, exactly: bool = True
) -> None:
    """Raises unless the labels' shape is that of the predictions without the axis of classes.

    If not `exactly`, shapes that broadcast to it are accepted, too.
    """
    received, predictions = tuple(y_true.shape), tuple(y_pred.shape)
    expected = _without(predictions, axis)
    one_hot = _same(received, predictions)
    if not one_hot and (_same if exactly else _broadcast)(received, expected):
        return
    if one_hot:
        raise ValueError(
            f"{loss}: y_true of shape {received} has the shape of y_pred, so it looks one-hot. "
            f"Expected class indices (integers) of shape {expected}. Use "
            f"{loss.removeprefix('sparse_')}, or give np.argmax(y_true, axis={axis})."
        )
    raise ValueError(
        f"{loss}: expected class indices of shape {expected} (y_pred of shape {predictions} "
        f"without its axis of classes), received y_true of shape {received}. "
        "Reshape the labels, or the output of the last layer (a missing Flatten or pooling?)."
    )


def check_no_nan(loss: str, y_true: Any) -> None:
    """Raises if a label is NaN."""
    _check_values(y_true, _refuse_nan, loss)


def _refuse_nan(labels: np.ndarray, loss: str) -> None:
    if not np.isnan(labels.min()):
        return
    bad = np.isnan(labels)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    raise ValueError(
        f"{loss}: y_true contains NaN: {bad.sum()} of {bad.size} values, the first at index "
        f"{first}. Expected numbers. Drop those samples, or fill in the labels, before training."
    )


def check_whole(loss: str, y_true: Any) -> None:
    """Raises if a class index is a fraction or NaN."""
    _check_values(y_true, _refuse_fractions, loss)


def _refuse_fractions(labels: np.ndarray, loss: str) -> None:
    if labels.dtype.kind in "biu" or (labels == np.floor(labels)).all():
        return
    _refuse_nan(labels, loss)
    bad = labels != np.floor(labels)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    raise ValueError(
        f"{loss}: expected class indices, which are whole numbers, received {labels[first]:g} at "
        f"index {first} of y_true ({bad.sum()} of {bad.size} labels are fractions). Probabilities "
        f"of classes go with {loss.removeprefix('sparse_')}, numbers to predict with "
        "mean_squared_error."
    )


def check_class_range(loss: str, y_true: Any, classes: int) -> None:
    """Raises if a class index is not from 0 to `classes - 1`."""
    _check_values(y_true, _refuse_other_classes, loss, classes)


def _refuse_other_classes(labels: np.ndarray, loss: str, classes: int) -> None:
    lowest, highest = labels.min(), labels.max()
    if not 0 <= lowest <= highest < classes:
        raise ValueError(
            f"{loss}: expected class indices from 0 to {classes - 1}, for y_pred has {classes} "
            f"classes. Received labels from {lowest:g} to {highest:g}. Give the last layer one "
            "output for each class, and count the classes from 0."
        )


def warn_of_improbable(loss: str, y_true: Any) -> None:
    """Warns of labels outside [0, 1], for which a binary cross-entropy has no lower bound."""
    _check_values(y_true, _warn_of_improbable, loss)


def _warn_of_improbable(labels: np.ndarray, loss: str) -> None:
    lowest, highest = labels.min(), labels.max()
    if lowest < 0 or highest > 1:
        warn_once(
            loss,
            f"{loss}: expected labels from 0 to 1, received labels from {lowest:g} to "
            f"{highest:g}. The loss of such labels can fall without end. Scale them to [0, 1].",
        )


def warn_of_one_class(loss: str, y_pred: Any) -> None:
    """Warns of a softmax over one class, which is always 1 and has no gradient."""
    if y_pred.shape[-1] != 1:
        return
    warnings.warn(
        f"{loss}: y_pred of shape {y_pred.shape} has a single class, of which the probability is "
        "always 1. For two classes use binary_crossentropy, else give the last layer one output "
        "for each class.",
        SyntaxWarning,
        stacklevel=3,
    )


def check_axis(axis: Any) -> None:
    """Raises for True and False, which Python counts as 1 and 0."""
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type bool.")


def _check_values(y_true: Any, check: Callable, *settings: Any) -> None:
    """Calls a check on the labels' values, if they have any; replayed steps call it, too."""
    labels = getattr(y_true, "array", None)
    if labels is not None and labels.size:
        traced(check, labels, *settings)


def _without(shape: tuple, axis: int) -> tuple:
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]


def _same(shape: tuple, other: tuple) -> bool:
    return len(shape) == len(other) and all(
        m == n or m is None or n is None for m, n in zip(shape, other, strict=True)
    )


def _broadcast(shape: tuple, other: tuple) -> bool:
    return all(
        m == n or m in (1, None) or n in (1, None)
        for m, n in zip(reversed(shape), reversed(other), strict=False)
    )
