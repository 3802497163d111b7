"""F-scores: a mean of precision and recall for each class."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.build_once import built_once
from minicnn.losses.checks import as_one_hot_pair
from minicnn.metrics.metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """`(1 + β²) · precision · recall / (β² · precision + recall)`: recall weighs β times as much.

    Labels are one-hot (or multi-hot) and predictions probabilities, `(batch, classes)`.

    Args:
        average: None for one score for each class; "micro" counts over all classes together;
            "macro" is the mean over classes, "weighted" the mean by the classes' frequencies.
        beta: the weight of recall, a float.
        threshold: a class is predicted above it; with None, the largest prediction is.
        name: the metric's name.
        dtype: type to compute in.
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        _check_arguments(average, beta, threshold)
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self.built = False

    @built_once
    def _build(self, y_true_shape: tuple, y_pred_shape: tuple) -> None:
        shapes = f"y_pred.shape={y_pred_shape} and y_true.shape={y_true_shape}."
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2:
            raise ValueError(
                "FBetaScore expects 2D inputs with shape (batch_size, output_dim). Received "
                f"input shapes: {shapes} Give one-hot labels, and flatten other axes."
            )
        if y_pred_shape[-1] is None or y_true_shape[-1] is None:
            raise ValueError(
                "FBetaScore expects 2D inputs with shape (batch_size, output_dim), with "
                f"output_dim fully defined (not None). Received input shapes: {shapes}"
            )
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        for name in ("true_positives", "false_positives", "false_negatives"):
            setattr(self, name, self.add_variable(shape, "zeros", dtype=self.dtype, name=name))
        self.intermediate_weights = self.add_variable(
            shape, "zeros", dtype=self.dtype, name="intermediate_weights"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and predictions."""
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        if not self.built:
            self._build(tuple(y_true.shape), tuple(y_pred.shape))
        y_true, y_pred = as_one_hot_pair(self.name, y_true, y_pred)
        guess = ops.cast(self._predicted(y_pred), self.dtype)
        weight = 1.0
        if sample_weight is not None:
            weight = ops.expand_dims(ops.convert_to_tensor(sample_weight, dtype=self.dtype), 1)
        for variable, counted in (
            (self.true_positives, guess * y_true),
            (self.false_positives, guess * (1 - y_true)),
            (self.false_negatives, (1 - guess) * y_true),
            (self.intermediate_weights, y_true),
        ):
            variable.assign_add(ops.sum(counted * weight, axis=self.axis))

    def _predicted(self, y_pred: Any) -> Any:
        if self.threshold is not None:
            return y_pred > self.threshold
        largest = ops.max(y_pred, axis=-1, keepdims=True)
        # A row of zeros predicts nothing.
        return ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)

    def result(self) -> Any:
        """The score, or one for each class."""
        hits, epsilon = self.true_positives, configuration.epsilon()
        precision = hits / (hits + self.false_positives + epsilon)
        recall = hits / (hits + self.false_negatives + epsilon)
        below = self.beta**2 * precision + recall + epsilon
        scores = (1 + self.beta**2) * (precision * recall / below)
        if self.average == "weighted":
            total = ops.sum(self.intermediate_weights) + epsilon
            return ops.sum(scores * (self.intermediate_weights / total))
        return scores if self.average is None else ops.mean(scores)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


def _check_arguments(average: Any, beta: Any, threshold: Any) -> None:
    if average not in AVERAGES:
        raise ValueError(
            "Invalid `average` argument value. Expected one of: "
            f"{{None, 'micro', 'macro', 'weighted'}}. Received: average={average}"
        )
    for name, value in (("beta", beta), ("threshold", threshold)):
        if not isinstance(value, float) and not (name == "threshold" and value is None):
            raise ValueError(
                f"Invalid `{name}` argument value. It should be a Python float. "
                f"Received: {name}={value} of type '{type(value)}'"
            )
    if beta <= 0.0:
        raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
    if threshold is not None and not 0.0 < threshold <= 1.0:
        raise ValueError(
            "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
            f"Received: threshold={threshold}"
        )


class F1Score(FBetaScore):
    """Harmonic mean of precision and recall: the F-score with β = 1.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.F1Score()
        >>> metric.update_state([[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.8]])
        >>> metric.result().numpy().round(3)
        array([0.667, 0.   ], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        del config["beta"]
        return config
