"""How many true and false positives and negatives there are, at each of many thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import config, ops
from minicnn.losses.checks import check_no_nan, check_same_shape
from minicnn.losses.loss import squeeze_or_expand_to_same_rank

NEVER = -1e10
"""A score below every threshold."""


class Counts(NamedTuple):
    """Weighted numbers of samples, `(thresholds,)`, or `(thresholds, labels)` by label."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any


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

    def below(self, scores: Any) -> Any:
        """How many thresholds each score exceeds.

        Scores are held to [0, 1] if the thresholds divide that interval evenly.
        """
        if not self.evenly:
            sorted_values = ops.convert_to_tensor(self.values[self._order], dtype=scores.dtype)
            return ops.searchsorted(sorted_values, scores, side="left")
        number = ops.ceil(ops.clip(scores, 0.0, 1.0) * (self.count - 1))
        # A first threshold just below 0 is exceeded by a score of 0.
        return ops.cast(ops.maximum(number, float(self.values[0] < 0)), "int32")

    def in_given_order(self, counts: Any) -> Any:
        """Counts by ascending threshold, put into the order in which thresholds were given."""
        if (self._rank == np.arange(self.count)).all():
            return counts
        return ops.take(counts, self._rank, axis=0)


def _evenly_distributed(values: np.ndarray) -> bool:
    if len(values) < 3:
        return False
    return np.allclose(values, np.linspace(0, 1, len(values)), atol=config.epsilon())


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
    """Counts of a batch.

    Args:
        metric: whose name errors give.
        y_true: labels, zero or not, `(batch,)` or `(batch, ..., labels)`.
        y_pred: scores of the same shape.
        thresholds: where scores become positive.
        dtype: of the counts.
        top_k: only the `top_k` largest scores of a sample can be positive.
        class_id: the only label to look at.
        sample_weight: one weight a sample, or one a score.
        by_label: whether each label is counted for itself.
        label_weights: one weight a label.

    Raises:
        ValueError: shapes that differ, NaN labels, or a `class_id` that is none.
    """
    y_pred = ops.convert_to_tensor(y_pred, dtype=dtype)
    y_true = ops.convert_to_tensor(y_true, dtype=dtype)
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    check_same_shape(metric, y_true, y_pred)
    check_no_nan(metric, y_true)
    weight = _weights(y_true, sample_weight, dtype)
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    if class_id is not None:
        _check_class_id(class_id, tuple(y_pred.shape))
        y_true, y_pred = y_true[..., class_id, None], y_pred[..., class_id, None]
    weight = ops.broadcast_to(weight, ops.shape(y_pred))
    if label_weights is not None:
        weight = weight * ops.convert_to_tensor(label_weights, dtype=dtype)
    positive = ops.cast(ops.cast(y_true, "bool"), dtype)
    return _count(positive * weight, (1.0 - positive) * weight, y_pred, thresholds, by_label)


def _weights(y_true: Any, sample_weight: Any, dtype: Any) -> Any:
    if sample_weight is None:
        return ops.ones((), dtype=dtype)
    weight = ops.expand_dims(ops.convert_to_tensor(sample_weight, dtype=dtype), axis=-1)
    return squeeze_or_expand_to_same_rank(y_true, weight, expand_rank_1=False)[1]


def _count(true: Any, false: Any, scores: Any, thresholds: Thresholds, by_label: bool) -> Counts:
    """Counts, given the weights of true and of false labels."""
    labels = scores.shape[-1] if by_label else 1
    buckets = thresholds.below(ops.nan_to_num(scores, nan=NEVER))
    if by_label:
        buckets = buckets + ops.arange(labels, dtype=buckets.dtype) * (thresholds.count + 1)
    buckets = ops.reshape(buckets, (-1,))
    true_positives, positives = _above(true, buckets, labels, thresholds)
    false_positives, negatives = _above(false, buckets, labels, thresholds)
    counts = Counts(
        true_positives,
        false_positives,
        negatives - false_positives,
        positives - true_positives,
    )
    return counts if by_label else Counts(*(each[:, 0] for each in counts))


def _above(weights: Any, buckets: Any, labels: int, thresholds: Thresholds) -> tuple:
    """Weight above each threshold, `(thresholds, labels)`, and in total, `(labels,)`."""
    size = thresholds.count + 1
    sums = ops.segment_sum(ops.reshape(weights, (-1,)), buckets, num_segments=labels * size)
    # Entry n of the running sum from the end is the weight in the buckets n, n + 1, ...
    sums = ops.flip(ops.transpose(ops.reshape(sums, (labels, size))), axis=0)
    totals = ops.flip(ops.cumsum(sums, axis=0), axis=0)
    return thresholds.in_given_order(totals[1:]), totals[0]


def _only_top_k(scores: Any, k: int) -> Any:
    _, indices = ops.top_k(scores, k)
    chosen = ops.sum(ops.one_hot(indices, scores.shape[-1], dtype=scores.dtype), axis=-2)
    return scores * chosen + NEVER * (1 - chosen)


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
