"""The hinge losses as metrics."""

from __future__ import annotations

from typing import Any

from minicnn import losses
from minicnn.metrics.reduction_metrics import NamedMetric


class Hinge(NamedMetric):
    """Mean of `max(1 - y_true · y_pred, 0)`."""

    def __init__(self, name: str | None = "hinge", dtype: Any = None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(NamedMetric):
    """Mean of `max(1 - y_true · y_pred, 0)²`."""

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(NamedMetric):
    """Mean of the largest wrong score minus the right score plus one, at least 0."""

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None):
        super().__init__(losses.categorical_hinge, name, dtype)
