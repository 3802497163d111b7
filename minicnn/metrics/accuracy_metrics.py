"""Accuracies: how often the prediction is right."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.backend import kernels
from minicnn.common import configuration
from minicnn.common.shapes import broadcast_shapes
from minicnn.losses.checks import as_one_hot_pair, as_pair, check_index_shape, check_whole
from minicnn.losses.loss import squeeze_or_expand_to_same_rank
from minicnn.metrics.reduction_metrics import NamedMetric
from minicnn.ops.define.declare import op
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the prediction equals the label, else 0; element by element."""
    y_true, y_pred = as_pair("accuracy", y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), configuration.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where the probability is on the label's side of the threshold; element by element."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    guess = ops.cast(ops.greater(y_pred, threshold), y_true.dtype)
    y_true, guess = as_pair("binary_accuracy", y_true, guess)
    return ops.cast(ops.equal(y_true, guess), configuration.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class, for one-hot labels.

    Both have the shape `(batch, ..., classes)`, the result `(batch, ...)`.
    """
    y_true, y_pred = as_one_hot_pair("categorical_accuracy", y_true, y_pred)
    return _hits(ops.argmax(y_true, axis=-1), y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class, for labels that are class indices.

    `y_true` has the shape `(batch, ...)` or `(batch, ..., 1)`, `y_pred`
    `(batch, ..., classes)`, the result `(batch, ...)`.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _without_last_one(ops.convert_to_tensor(y_true), len(y_pred.shape))
    check_index_shape("sparse_categorical_accuracy", y_true, y_pred, exactly=False)
    check_whole("sparse_categorical_accuracy", y_true)
    matches = _hits(y_true, y_pred)
    return _without_last_one(matches, max(len(matches.shape), 2))


def _hits_spec(classes, y_pred):
    return KerasTensor(broadcast_shapes(classes.shape, y_pred.shape[:-1]), configuration.floatx())


@op("classes", "y_pred", spec=_hits_spec)
def _hits(classes, y_pred):
    """1 where the largest prediction is that of the class, else 0."""
    return (kernels.argmax(y_pred, axis=-1) == classes).astype(configuration.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class is among the `k` largest predictions, for one-hot labels."""
    y_true, y_pred = as_one_hot_pair("top_k_categorical_accuracy", y_true, y_pred)
    return _in_top_k(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the class is among the `k` largest predictions, for class indices.

    With `from_sorted_ids` the predictions are class indices, in order of decreasing score.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    check_whole("sparse_top_k_categorical_accuracy", y_true)
    if not from_sorted_ids:
        return _in_top_k(y_true, y_pred, k)
    y_true = ops.expand_dims(ops.cast(y_true, y_pred.dtype), axis=-1)
    found = ops.any(ops.equal(y_true, y_pred[..., :k]), axis=-1)
    return ops.cast(found, configuration.floatx())


def _in_top_k(classes: Any, y_pred: Any, k: int) -> Any:
    targets = ops.reshape(ops.cast(classes, "int32"), (-1,))
    rows = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    matches = ops.cast(ops.in_top_k(targets, rows, k=k), configuration.floatx())
    return ops.reshape(matches, ops.shape(classes))


def _without_last_one(x: Any, rank: int) -> Any:
    """The array without its last axis, if that has length 1 and the array has that rank."""
    return ops.squeeze(x, axis=-1) if len(x.shape) == rank and x.shape[-1] == 1 else x


class Accuracy(NamedMetric):
    """How often predictions equal labels.

    Example:
        >>> import minicnn as keras
        >>> float(keras.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
        0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(NamedMetric):
    """How often a probability is on the label's side of the threshold."""

    _direction = "up"

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(NamedMetric):
    """How often the largest prediction is that of the class, for one-hot labels."""

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(NamedMetric):
    """How often the largest prediction is that of the class, for class indices."""

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(NamedMetric):
    """How often the class is among the `k` largest predictions, for one-hot labels."""

    _direction = "up"

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None
    ):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(NamedMetric):
    """How often the class is among the `k` largest predictions, for class indices."""

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ):
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
