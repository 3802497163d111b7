"""True and false positives and negatives, precision and recall."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.metrics.confusion_counts import NEVER, Thresholds, count, parse_thresholds
from minicnn.metrics.metric import Metric


class ConfusionMetric(Metric):
    """Base of metrics computed from some of the four counts at some thresholds.

    Subclasses list the names of their counts in `count_names`; each is a variable of that name.
    """

    count_names: tuple[str, ...] = ()

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = parse_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        self._thresholds = Thresholds(self.thresholds)
        for name in self.count_names:
            variable = self.add_variable((self._thresholds.count,), "zeros", name=name)
            setattr(self, name, variable)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and scores of the same shape."""
        counts = count(
            self.name,
            y_true,
            y_pred,
            self._thresholds,
            dtype=getattr(self, self.count_names[0]).dtype,
            top_k=self.top_k,
            class_id=self.class_id,
            sample_weight=sample_weight,
        )
        for name in self.count_names:
            getattr(self, name).assign_add(getattr(counts, name))

    def _one_or_all(self, values: Any) -> Any:
        """The only value if there is one threshold, else a value for each."""
        return values[0] if self._thresholds.count == 1 else values

    def _share(self, part: Any, other: Any) -> Any:
        """`part / (part + other)`, 0 where both are."""
        return ops.divide_no_nan(part, part + other)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class _Count(ConfusionMetric):
    """Base of the metrics that are one of the four counts."""

    counted: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(thresholds, name=name, dtype=dtype)
        self.accumulator = self.add_variable((self._thresholds.count,), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and scores of the same shape."""
        counts = count(
            self.name,
            y_true,
            y_pred,
            self._thresholds,
            dtype=self.accumulator.dtype,
            sample_weight=sample_weight,
        )
        self.accumulator.assign_add(getattr(counts, self.counted))

    def result(self) -> Any:
        """The count, or one for each threshold."""
        return self._one_or_all(self.accumulator.value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**Metric.get_config(self), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Number (or weight) of positives that are predicted as positive.

    Example:
        >>> import minicnn as keras
        >>> float(keras.metrics.TruePositives()([0, 1, 1], [0.9, 0.8, 0.2]))
        1.0
    """

    counted = "true_positives"


class FalsePositives(_Count):
    """Number (or weight) of negatives that are predicted as positive."""

    counted = "false_positives"


class TrueNegatives(_Count):
    """Number (or weight) of negatives that are predicted as negative."""

    counted = "true_negatives"


class FalseNegatives(_Count):
    """Number (or weight) of positives that are predicted as negative."""

    counted = "false_negatives"


class Precision(ConfusionMetric):
    """Share of the predicted positives that are true positives.

    Args:
        thresholds: a score above it is positive (0.5 by default); a list gives a list.
        top_k: only the `top_k` largest scores of a sample are positive.
        class_id: the only class that counts.
        name: the metric's name.
        dtype: type to compute in.

    Example:
        >>> import minicnn as keras
        >>> float(keras.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])) > 0.66
        True
    """

    _direction = "up"
    count_names = ("true_positives", "false_positives")

    def result(self) -> Any:
        """The precision, or one for each threshold."""
        return self._one_or_all(self._share(self.true_positives, self.false_positives))


class Recall(ConfusionMetric):
    """Share of the positives that are predicted as positive; arguments as for `Precision`."""

    _direction = "up"
    count_names = ("true_positives", "false_negatives")

    def result(self) -> Any:
        """The recall, or one for each threshold."""
        return self._one_or_all(self._share(self.true_positives, self.false_negatives))
