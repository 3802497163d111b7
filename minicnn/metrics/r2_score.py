"""R²: the share of the labels' variance that the predictions explain."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn import ops
from minicnn.common.build_once import built_once
from minicnn.losses.checks import as_pair
from minicnn.metrics.metric import Metric

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """Coefficient of determination, `1 - Σ(y_true - y_pred)² / Σ(y_true - mean)²`.

    Labels and predictions have the shape `(batch, outputs)`.

    Args:
        class_aggregation: "uniform_average" over the outputs, "variance_weighted_average", or
            None for one score for each output.
        num_regressors: number of independent variables, for the adjusted score; 0 for the
            plain one.
        name: the metric's name.
        dtype: type to compute in.
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{AGGREGATIONS}. Received: class_aggregation={class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self.built = False

    @built_once
    def _build(self, y_true_shape: tuple, y_pred_shape: tuple) -> None:
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2 or y_pred_shape[-1] is None:
            raise ValueError(
                f"{self.name}: R2Score expects 2D inputs with shape (batch_size, output_dim). "
                f"Received input shapes: y_pred.shape={y_pred_shape} and "
                f"y_true.shape={y_true_shape}."
            )
        shape = (y_pred_shape[-1],)
        self.squared_sum = self.add_variable(shape, "zeros", name="squared_sum")
        self.sum = self.add_variable(shape, "zeros", name="sum")
        self.total_mse = self.add_variable(shape, "zeros", name="residual")
        self.count = self.add_variable(shape, "zeros", name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and predictions."""
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = as_pair(self.name, y_true, y_pred)
        if not self.built:
            self._build(tuple(y_true.shape), tuple(y_pred.shape))
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight, self.dtype)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, axis=1)
        weight = ops.broadcast_to(weight, ops.shape(y_true))
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(ops.size(y_true))

    def result(self) -> Any:
        """The score."""
        variance = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1 - self.total_mse / variance
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(variance * scores) / ops.sum(variance)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Any) -> Any:
        samples = float(self.num_samples)
        freedom = samples - self.num_regressors - 1
        if freedom <= 0:
            warnings.warn(
                f"{self.name}: {self.num_regressors} independent variables are too many for "
                f"{samples:g} samples. Falling back to the plain R2 score.",
                stacklevel=3,
            )
            return scores
        return 1 - (1 - scores) * (samples - 1) / freedom

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
