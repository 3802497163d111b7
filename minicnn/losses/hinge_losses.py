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
    """Demands a score of the right sign and of at least 1, for labels -1 and 1 (or 0 and 1).

    Scores that are beyond it cost nothing.

    `mean(max(1 - y_true · y_pred, 0))`

    Backward: With n the number of elements, `ȳ_pred = −y_true / n if y_true · y_pred < 1, else 0`.
    """

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype: Any = None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(NamedLoss):
    """The squares of the hinge loss, for labels -1 and 1 (or 0 and 1).

    Scores far on the wrong side count much more.

    `mean(max(1 - y_true · y_pred, 0)²)`

    Backward: With n the number of elements,
    `ȳ_pred = −2 · y_true · max(1 − y_true · y_pred, 0) / n`.
    """

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype: Any = None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(NamedLoss):
    """Largest wrong score minus right score plus one, at least 0, for one-hot labels.

    It is zero once the right score is ahead by one.

    `max(1 + neg − pos, 0)`, with `pos = Σ y_true · y_pred` and `neg = max((1 − y_true) · y_pred)`

    Backward: If it is not 0, `ȳ_pred = −1` for the right class and `ȳ_pred = 1` for the largest
    wrong one.
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="categorical_hinge", dtype: Any = None
    ):
        super().__init__(categorical_hinge, reduction, name, dtype)
