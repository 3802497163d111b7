"""Cross-entropies: minus the log-probability that predictions give to the true class.

Predictions are probabilities, or logits with `from_logits=True`. The result of a softmax or a
sigmoid keeps its logits, and the loss is computed from them, because that is exact where the
logarithm of a tiny probability is not.
"""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.losses.checks import (
    as_one_hot_pair,
    check_axis,
    check_index_shape,
    check_no_nan,
    check_whole,
    warn_of_improbable,
    warn_of_one_class,
)
from minicnn.losses.loss_function_wrapper import NamedLoss


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Mean over `axis` of `-y_true · log(p) - (1 - y_true) · log(1 - p)`.

    Args:
        y_true: 0 or 1 (or a probability) for each prediction.
        y_pred: probabilities, or logits; same shape.
        from_logits: whether `y_pred` are logits.
        label_smoothing: the share by which labels are moved towards 0.5, from 0 to 1.
        axis: the axis to average over.

    Raises:
        ValueError: shapes that differ, or NaN labels.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    check_no_nan("binary_crossentropy", y_true)
    warn_of_improbable("binary_crossentropy", y_true)
    y_true = smooth_binary(ops.cast(y_true, y_pred.dtype), label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`-sum(y_true · log(p))` over the classes, for one-hot labels.

    Args:
        y_true: one-hot labels (or probabilities), `(batch, ..., classes)`.
        y_pred: probabilities, or logits; same shape.
        from_logits: whether `y_pred` are logits.
        label_smoothing: the share of every label that is spread evenly over all classes.
        axis: the axis of the classes.

    Raises:
        ValueError: integer labels, shapes that differ, or NaN labels.
    """
    check_axis(axis)
    y_true, y_pred = as_one_hot_pair("categorical_crossentropy", y_true, y_pred)
    warn_of_one_class("categorical_crossentropy", y_pred)
    y_true = smooth_categorical(y_true, label_smoothing)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """`-log(p[y_true])`, for labels that are class indices.

    Args:
        y_true: class indices, the shape of `y_pred` without `axis` (or with length 1 there).
        y_pred: probabilities, or logits, `(batch, ..., classes)`.
        from_logits: whether `y_pred` are logits.
        ignore_class: a label whose loss is 0 and does not count, such as the "void" of a
            segmentation.
        axis: the axis of the classes.

    Raises:
        ValueError: one-hot labels, labels out of range, fractions, NaN, shapes that differ.
    """
    loss = "sparse_categorical_crossentropy"
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    check_index_shape(loss, y_true, y_pred, axis)
    check_whole(loss, y_true)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=from_logits, axis=axis
        )
    valid = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
    losses = ops.sparse_categorical_crossentropy(
        ops.where(valid, y_true, 0), y_pred, from_logits=from_logits, axis=axis
    )
    losses = ops.where(valid, losses, 0.0)
    losses._keras_mask = valid
    return losses


def smooth_binary(y_true: Any, label_smoothing: float) -> Any:
    """Binary labels moved towards 0.5."""
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing


def smooth_categorical(y_true: Any, label_smoothing: float) -> Any:
    """One-hot labels with a share spread evenly over the last axis.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016),
    section 7.
    """
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[-1]


class BinaryCrossentropy(NamedLoss):
    """Mean of `-y_true · log(p) - (1 - y_true) · log(1 - p)`, for labels 0 and 1.

    Confident wrong answers cost most.

    Backward: With n the number of elements, `p̄ = (p − y_true) / (p · (1 − p)) / n`; for logits z
    it is `z̄ = (p − y_true) / n`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(NamedLoss):
    """Minus the logarithm of the right class's probability, for one-hot labels.

    It is 0 where the right class has the probability 1.

    `-sum(y_true · log(p))`

    Backward: For logits z, whose softmax is p, `z̄ = p − y_true`; for probabilities with the sum 1
    it is `p̄ = 1 − y_true / p`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(NamedLoss):
    """Minus the logarithm of the right class's probability, for labels that are class indices.

    It is 0 where the right class has the probability 1.

    `-log(p[y_true])`

    Backward: For logits z, whose softmax is p, `z̄[j] = p[j] − 1 if j = y_true, else p[j]`, divided
    by the number of samples.

    Example:
        >>> import minicnn as keras
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> round(float(loss([1, 0], [[0.0, 0.0], [0.0, 0.0]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction="sum_over_batch_size",
        axis: int = -1,
        name="sparse_categorical_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
