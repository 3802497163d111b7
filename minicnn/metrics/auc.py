"""AUC: the area under the ROC curve or the precision-recall curve."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.build_once import built_once
from minicnn.common.suggest import did_you_mean
from minicnn.metrics.confusion_counts import (
    Counts,
    Thresholds,
    check_number_of_thresholds,
    count,
)
from minicnn.metrics.metric import Metric


class AUCCurve(Enum):
    """The curve: y and x axis."""

    ROC = "ROC"
    PR = "PR"
    PRGAIN = "PRGAIN"


class AUCSummationMethod(Enum):
    """The height of the curve between two thresholds."""

    INTERPOLATION = "interpolation"
    MAJORING = "majoring"
    MINORING = "minoring"


class AUC(Metric):
    """Area under the ROC curve or the precision-recall curve, computed at many thresholds.

    0.5 (ROC) is guessing, 1 is perfect.

    Args:
        num_thresholds: how many thresholds from 0 to 1, at least 2.
        curve: "ROC" (recall over the share of false alarms), "PR" (precision over recall) or
            "PRGAIN" (the same as gains over always predicting positive).
        summation_method: "interpolation", "majoring" or "minoring": mean, largest or smallest
            height of the curve between thresholds.
        name: the metric's name.
        dtype: type of the result.
        thresholds: thresholds between 0 and 1, instead of `num_thresholds`.
        multi_label: whether to average the areas of the labels, instead of counting all together.
        num_labels: number of labels, to make the state before data come (with `multi_label`).
        label_weights: one weight for each label.
        from_logits: whether predictions are logits.

    Source: Fawcett, "An introduction to ROC analysis" (2006); the interpolation of PR curves is
    Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves" (2006); gains
    are Flach and Kull, "Precision-Recall-Gain Curves" (2015).

    Example:
        >>> import minicnn as keras
        >>> round(float(keras.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
        0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str | AUCCurve = "ROC",
        summation_method: str | AUCSummationMethod = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        super().__init__(name=name, dtype=dtype)
        if thresholds is None:
            check_number_of_thresholds(num_thresholds)
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 1. "
                f"Received: num_thresholds={num_thresholds}"
            )
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self.curve = _member(AUCCurve, curve, "AUC curve")
        self.summation_method = _member(
            AUCSummationMethod, summation_method, "AUC summation method"
        )
        self._init_from_thresholds = thresholds is not None
        if thresholds is None:
            thresholds = np.linspace(0, 1, num_thresholds)[1:-1]
        # Scores of exactly 0 and 1 must lie between the first and the last threshold.
        self._thresholds = Thresholds(
            [-configuration.epsilon(), *sorted(thresholds), 1 + configuration.epsilon()]
        )
        self.num_thresholds = self._thresholds.count
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None
        if label_weights is not None:
            self.label_weights = ops.convert_to_tensor(label_weights, dtype=self.dtype)
        self._from_logits = from_logits
        self.built = False
        if num_labels or not multi_label:
            self._build((None, num_labels))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds; the first and last are a little outside [0, 1]."""
        return list(self._thresholds.values)

    @built_once
    def _build(self, shape: tuple) -> None:
        if self.multi_label and len(shape) != 2:
            raise ValueError(
                "`y_pred` must have rank 2 when `multi_label=True`. Found rank "
                f"{len(shape)}. Full shape received for `y_pred`: {shape}"
            )
        state = (self.num_thresholds, shape[1]) if self.multi_label else (self.num_thresholds,)
        for name in Counts._fields:
            setattr(self, name, self.add_variable(state, "zeros", name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and scores of the same shape."""
        y_pred = ops.convert_to_tensor(y_pred)
        if not self.built:
            self._build(tuple(y_pred.shape))
        counts = count(
            self.name,
            y_true,
            ops.sigmoid(y_pred) if self._from_logits else y_pred,
            self._thresholds,
            dtype=self.true_positives.dtype,
            sample_weight=sample_weight,
            by_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )
        for name, counted in counts._asdict().items():
            getattr(self, name).assign_add(counted)

    def result(self) -> Any:
        """The area."""
        interpolated = self.summation_method is AUCSummationMethod.INTERPOLATION
        if self.curve is AUCCurve.PR and interpolated:
            return self._over_labels(self._precision_recall_areas())
        x, y = self._points()
        left, right = y[:-1], y[1:]
        heights = {
            AUCSummationMethod.INTERPOLATION: lambda: (left + right) / 2.0,
            AUCSummationMethod.MAJORING: lambda: ops.maximum(left, right),
            AUCSummationMethod.MINORING: lambda: ops.minimum(left, right),
        }[self.summation_method]()
        return self._over_labels((x[:-1] - x[1:]) * heights)

    def _points(self) -> tuple:
        """The curve, x and y at each threshold."""
        tp, fp, tn, fn = (getattr(self, name).value for name in Counts._fields)
        share = ops.divide_no_nan
        recall = share(tp, tp + fn)
        if self.curve is AUCCurve.ROC:
            return share(fp, fp + tn), recall
        if self.curve is AUCCurve.PR:
            return recall, share(tp, tp + fp)
        odds = share(tp + fn, tn + fp)
        recall_gain = ops.maximum(1.0 - odds * share(fn, tp), 0.0)
        precision_gain = 1.0 - odds * share(fp, tp)
        none = ops.equal(tp, 0.0)
        return ops.where(none, 0.0, recall_gain), ops.where(none, 1.0, precision_gain)

    def _precision_recall_areas(self) -> Any:
        """Areas between thresholds, where true positives (not precision) are interpolated.

        With P = tp + fp and slope s = Δtp / ΔP, the precision between is s + (tp - s·P) / P,
        and its integral over recall is s · (Δtp + (tp - s·P) · log(P_left / P_right)) / positives.
        """
        tp, fp, _, fn = (getattr(self, name).value for name in Counts._fields)
        p = tp + fp
        left, right = p[:-1], p[1:]
        rise = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(rise, ops.maximum(left - right, 0))
        intercept = tp[1:] - slope * right
        both = ops.logical_and(left > 0, right > 0)
        ratio = ops.where(both, ops.divide_no_nan(left, ops.maximum(right, 0)), ops.ones_like(left))
        area = slope * (rise + intercept * ops.log(ratio))
        return ops.divide_no_nan(area, ops.maximum(tp[1:] + fn[1:], 0))

    def _over_labels(self, areas: Any) -> Any:
        """The sum of the areas; with several labels, the weighted mean of their sums."""
        if not self.multi_label:
            return ops.sum(areas)
        areas = ops.sum(areas, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        return ops.divide_no_nan(ops.sum(areas * self.label_weights), ops.sum(self.label_weights))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve.value,
            "summation_method": self.summation_method.value,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            config["thresholds"] = self.thresholds[1:-1]
        return config


def _member(kind: type[Enum], value: Any, what: str) -> Any:
    if isinstance(value, kind):
        return value
    for member in kind:
        if str(value).lower() == member.value.lower():
            return member
    known = [member.value for member in kind]
    raise ValueError(
        f'Invalid {what} value: "{value}".{did_you_mean(str(value), known)} '
        f"Expected one of: {', '.join(map(repr, known))}."
    )
