"""Maximum-margin losses: zero where the right score is larger than the others by at least one."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.losses.checks import as_pair
from minicnn.losses.loss_function_wrapper import NamedLoss


def hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true · y_pred, 0))` over the last axis, for labels -1 and 1 (or 0 and 1)."""
    return ops.mean(_margins("hinge", y_true, y_pred), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true · y_pred, 0)²)` over the last axis, for labels as in `hinge`."""
    return ops.mean(ops.square(_margins("squared_hinge", y_true, y_pred)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Largest wrong score minus right score plus one: `max(wrong - right + 1, 0)`.

    `right = sum(y_true · y_pred)` and `wrong = max((1 - y_true) · y_pred)` over the last axis,
    for one-hot labels.
    """
    y_true, y_pred = as_pair("categorical_hinge", y_true, y_pred, match_ranks=False)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


def _margins(loss: str, y_true: Any, y_pred: Any) -> Any:
    y_true, y_pred = as_pair(loss, y_true, y_pred, match_ranks=False)
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    signs = ops.where(binary, 2.0 * y_true - 1.0, y_true)
    return ops.maximum(1.0 - signs * y_pred, 0.0)


class Hinge(NamedLoss):
    """`mean(max(1 - y_true · y_pred, 0))`, for labels -1 and 1 (or 0 and 1)."""

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype: Any = None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(NamedLoss):
    """`mean(max(1 - y_true · y_pred, 0)²)`, for labels -1 and 1 (or 0 and 1)."""

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype: Any = None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(NamedLoss):
    """Largest wrong score minus right score plus one, at least 0, for one-hot labels."""

    def __init__(
        self, reduction="sum_over_batch_size", name="categorical_hinge", dtype: Any = None
    ):
        super().__init__(categorical_hinge, reduction, name, dtype)
