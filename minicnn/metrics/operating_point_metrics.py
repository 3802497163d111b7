"""The best recall, precision or specificity at a given level of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.metrics.confusion_counts import check_number_of_thresholds
from minicnn.metrics.confusion_metrics import ConfusionMetric
from minicnn.metrics.metric import Metric


class OperatingPointMetric(ConfusionMetric):
    """Base: the largest `maximized` over all thresholds at which `required >= value`.

    Sensitivity is another word for recall; specificity is the recall of the negatives.
    """

    _direction = "up"
    count_names = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    argument: str
    required: str
    maximized: str

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        if not 0 <= value <= 1:
            raise ValueError(
                f"Argument `{self.argument}` must be in the range [0, 1]. "
                f"Received: {self.argument}={value}"
            )
        check_number_of_thresholds(num_thresholds)
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. "
                f"Received: num_thresholds={num_thresholds}"
            )
        thresholds = np.linspace(0, 1, num_thresholds) if num_thresholds > 1 else [0.5]
        super().__init__(list(map(float, thresholds)), class_id=class_id, name=name, dtype=dtype)
        self.value = value
        self.num_thresholds = num_thresholds
        setattr(self, self.argument, value)

    def result(self) -> Any:
        """The best value; 0 if no threshold reaches the required one."""
        enough = getattr(self, self.required)() >= self.value
        return ops.max(ops.where(enough, getattr(self, self.maximized)(), 0.0))

    def _recall(self) -> Any:
        return self._share(self.true_positives, self.false_negatives)

    def _precision(self) -> Any:
        return self._share(self.true_positives, self.false_positives)

    def _specificity(self) -> Any:
        return self._share(self.true_negatives, self.false_positives)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **Metric.get_config(self),
            "num_thresholds": self.num_thresholds,
            "class_id": self.class_id,
            self.argument: self.value,
        }


class SensitivityAtSpecificity(OperatingPointMetric):
    """Largest sensitivity where the specificity is at least so much.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.SensitivityAtSpecificity(0.5)
        >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    argument, required, maximized = "specificity", "_specificity", "_recall"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(OperatingPointMetric):
    """Largest specificity where the sensitivity is at least so much."""

    argument, required, maximized = "sensitivity", "_recall", "_specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(OperatingPointMetric):
    """Largest precision where the recall is at least so much."""

    argument, required, maximized = "recall", "_recall", "_precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(OperatingPointMetric):
    """Largest recall where the precision is at least so much."""

    argument, required, maximized = "precision", "_precision", "_recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
