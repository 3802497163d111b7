"""Numbers of true and false positives and negatives at each of many thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import check_no_nan, check_same_shape
from minicnn.losses.loss import squeeze_or_expand_to_same_rank
from minicnn.ops.symbolic.keras_tensor import any_symbolic_tensors

NEVER = -1e10
"""A score below every threshold."""


MOST_THRESHOLDS = 1_000_000


class Counts(NamedTuple):
    """Weighted numbers of samples, `(thresholds,)`, or `(thresholds, labels)` if by label."""

    true_positives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray
    false_negatives: np.ndarray


def check_number_of_thresholds(number: Any) -> None:
    """Raises for an absurd number of thresholds."""
    if not isinstance(number, int) or number > MOST_THRESHOLDS:
        raise ValueError(
            f"Argument `num_thresholds` must be an integer, of {MOST_THRESHOLDS} at most. "
            f"Received: num_thresholds={number}"
        )


class Thresholds:
    """Scores above which a sample counts as positive, in any order.

    Scores are sorted into buckets between the thresholds, so that a batch costs the same
    whether there are two thresholds or two hundred.
    """

    def __init__(self, values: Sequence[float]):
        self.values = np.asarray(values, dtype="float64")
        self.count = len(self.values)
        self.evenly = _evenly_distributed(self.values)
        self._order = np.argsort(self.values, kind="stable")
        self._rank = np.argsort(self._order)

    def below(self, scores: np.ndarray) -> np.ndarray:
        """The number of thresholds that each score exceeds; 0 for NaN.

        Scores are clipped to [0, 1] if the thresholds divide that interval evenly.
        """
        scores = np.where(np.isnan(scores), NEVER, scores).astype(scores.dtype)
        if not self.evenly:
            return np.searchsorted(self.values[self._order].astype(scores.dtype), scores)
        number = np.ceil(np.clip(scores, 0, 1) * (self.count - 1)).astype("int64")
        # A first threshold just below 0 is exceeded by a score of 0.
        return np.maximum(number, int(self.values[0] < 0))

    def in_given_order(self, counts: np.ndarray) -> np.ndarray:
        """Counts by ascending threshold, reordered as the thresholds were given."""
        return counts[self._rank]


def _evenly_distributed(values: np.ndarray) -> bool:
    if len(values) < 3:
        return False
    return np.allclose(values, np.linspace(0, 1, len(values)), atol=configuration.epsilon())


def parse_thresholds(thresholds: Any, default: float) -> list[float]:
    """Thresholds as a list; ValueError if one is not from 0 to 1."""
    if thresholds is None:
        return [default]
    thresholds = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    wrong = [t for t in thresholds if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return thresholds


def count(
    metric: str,
    y_true: Any,
    y_pred: Any,
    thresholds: Thresholds,
    dtype: Any,
    top_k: int | None = None,
    class_id: int | None = None,
    sample_weight: Any = None,
    by_label: bool = False,
    label_weights: Any = None,
) -> Counts:
    """The counts of a batch.

    Args:
        metric: the metric, whose name errors give.
        y_true: labels, zero or not, `(batch,)` or `(batch, ..., labels)`.
        y_pred: scores of the same shape.
        thresholds: where scores become positive.
        dtype: of the counts.
        top_k: only the `top_k` largest scores of a sample can be positive.
        class_id: the only label that counts.
        sample_weight: one weight for each sample, or for each score.
        by_label: whether each label is counted separately.
        label_weights: one weight for each label.

    Raises:
        ValueError: shapes that differ, NaN labels, or a `class_id` out of range.
    """
    if any_symbolic_tensors((y_true, y_pred)):
        return _zero_counts(y_pred.shape, thresholds, by_label)
    y_pred = ops.convert_to_tensor(y_pred, dtype=dtype)
    y_true = ops.convert_to_tensor(y_true, dtype=dtype)
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    check_same_shape(metric, y_true, y_pred)
    check_no_nan(metric, y_true)
    weights = _weights(y_true, sample_weight, dtype)
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    positive, scores = np.asarray(y_true) != 0, np.asarray(y_pred)
    if class_id is not None:
        _check_class_id(class_id, scores.shape)
        positive, scores = positive[..., [class_id]], scores[..., [class_id]]
    if label_weights is not None:
        weights = weights * np.asarray(label_weights)
    counts = _count(positive, scores, weights, thresholds, by_label)
    return Counts(*(each.astype(dtype) for each in counts))


def _weights(y_true: Any, sample_weight: Any, dtype: Any) -> np.ndarray:
    if sample_weight is None:
        return np.ones((), dtype)
    weights = ops.expand_dims(ops.convert_to_tensor(sample_weight, dtype=dtype), axis=-1)
    return np.asarray(squeeze_or_expand_to_same_rank(y_true, weights, expand_rank_1=False)[1])


def _only_top_k(scores: Any, k: int) -> Any:
    _, indices = ops.top_k(scores, k)
    chosen = ops.sum(ops.one_hot(indices, scores.shape[-1], dtype=scores.dtype), axis=-2)
    return scores * chosen + NEVER * (1 - chosen)


def _count(
    positive: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    thresholds: Thresholds,
    by_label: bool,
) -> Counts:
    """Counts by one histogram, of cells (positive or not, label, number of thresholds below)."""
    labels, size = scores.shape[-1] if by_label else 1, thresholds.count + 1
    cells = thresholds.below(scores) + positive * (labels * size)
    if by_label:
        cells = cells + np.arange(labels) * size
    weights = np.broadcast_to(weights, scores.shape).ravel()
    histogram = np.bincount(cells.ravel(), weights, minlength=2 * labels * size)
    # Entry n of the cumulative sum from the end: the weight that exceeds n thresholds or more.
    above = histogram.reshape(2, labels, size)[..., ::-1].cumsum(axis=-1)[..., ::-1]
    false_positives, true_positives = (
        thresholds.in_given_order(each.T[1:] if by_label else each[0, 1:]) for each in above
    )
    negatives, positives = above[..., 0] if by_label else above[:, 0, 0]
    return Counts(
        true_positives,
        false_positives,
        negatives - false_positives,
        positives - true_positives,
    )


def _zero_counts(shape: tuple, thresholds: Thresholds, by_label: bool) -> Counts:
    """Zero counts, for symbolic batches."""
    return Counts(*[np.zeros((thresholds.count, *shape[1:]) if by_label else thresholds.count)] * 4)


def _check_class_id(class_id: int, shape: tuple) -> None:
    if len(shape) == 1:
        raise ValueError(
            "When class_id is provided, y_pred must be a 2D array with shape "
            f"(num_samples, num_classes), found shape: {shape}"
        )
    if shape[-1] is not None and not -shape[-1] <= class_id < shape[-1]:
        raise ValueError(
            f"class_id={class_id} is not one of the {shape[-1]} classes of y_pred, which has "
            f"the shape {shape}. Expected a number from 0 to {shape[-1] - 1}."
        )
