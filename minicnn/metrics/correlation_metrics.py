"""Correlations of predictions and labels."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import as_pair
from minicnn.metrics.reduction_metrics import NamedMetric


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Pearson's correlation coefficient along an axis, from -1 to 1."""
    y_true, y_pred = as_pair("pearson_correlation", y_true, y_pred)
    product = _standardized(y_true, axis) * _standardized(y_pred, axis)
    return ops.mean(product, axis=axis)


def _standardized(y: Any, axis: int) -> Any:
    centered = y - ops.mean(y, axis=axis, keepdims=True)
    return centered / ops.std(centered, axis=axis, keepdims=True)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Lin's concordance correlation along an axis: also the means and spreads must agree.

    `2 · cov(y_true, y_pred) / (var(y_true) + var(y_pred) + (mean(y_true) - mean(y_pred))²)`.

    Source: Lin, "A Concordance Correlation Coefficient to Evaluate Reproducibility" (1989).
    """
    y_true, y_pred = as_pair("concordance_correlation", y_true, y_pred)
    mean_true, mean_pred = (ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    var_true, var_pred = (ops.var(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    # Its mean is the covariance, as the deviations of y_pred from its mean sum to zero.
    covariance = (y_true - mean_pred) * (y_pred - mean_pred)
    scale = var_true + var_pred + ops.square(mean_true - mean_pred) + configuration.epsilon()
    return ops.mean(2 * covariance / scale, axis=axis)


class PearsonCorrelation(NamedMetric):
    """Mean of Pearson's correlation coefficient along an axis."""

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(NamedMetric):
    """Mean of Lin's concordance correlation along an axis."""

    _direction = "up"

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1
    ):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
