"""Regression metrics: the distance between predicted numbers and labels."""

from __future__ import annotations

from typing import Any

from minicnn import losses, ops
from minicnn.losses.checks import as_pair
from minicnn.metrics.reduction_metrics import Mean, NamedMetric


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Cosine of the angle between the two, from -1 to 1 (same direction)."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class MeanSquaredError(NamedMetric):
    """Mean of the squared errors."""

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None):
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(NamedMetric):
    """Mean of the absolute errors."""

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(NamedMetric):
    """Mean error in percent of the labels."""

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(NamedMetric):
    """Mean squared error of `log(1 + y)`."""

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(NamedMetric):
    """Mean of `log(cosh(error))`."""

    def __init__(self, name: str | None = "logcosh", dtype: Any = None):
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(NamedMetric):
    """Mean cosine of the angle between labels and predictions."""

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class RootMeanSquaredError(Mean):
    """Square root of the mean squared error.

    Example:
        >>> import minicnn as keras
        >>> float(keras.metrics.RootMeanSquaredError()([0.0, 0.0], [3.0, 3.0]))
        3.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and predictions."""
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = as_pair(self.name, y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight=sample_weight)

    def result(self) -> Any:
        """The root of the mean."""
        return ops.sqrt(super().result())
