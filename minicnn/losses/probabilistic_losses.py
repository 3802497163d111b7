"""Losses between distributions that are not cross-entropies."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import as_pair
from minicnn.losses.loss_function_wrapper import NamedLoss


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Kullback-Leibler divergence, `sum(y_true · log(y_true / y_pred))` over the last axis."""
    y_true, y_pred = as_pair("kl_divergence", y_true, y_pred, match_ranks=False)
    y_true, y_pred = (ops.clip(y, configuration.epsilon(), 1) for y in (y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Minus the log-likelihood of counts, `mean(y_pred - y_true · log(y_pred + ε))`."""
    y_true, y_pred = as_pair("poisson", y_true, y_pred, match_ranks=False)
    return ops.mean(y_pred - y_true * ops.log(y_pred + configuration.epsilon()), axis=-1)


class KLDivergence(NamedLoss):
    """Kullback-Leibler divergence, `sum(y_true · log(y_true / y_pred))`.

    It says how far the predicted distribution is from the true one, and is 0 if they are equal.

    Backward: `ȳ_pred = −y_true / y_pred`
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype: Any = None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(NamedLoss):
    """Minus the log-likelihood of counts, `mean(y_pred - y_true · log(y_pred + ε))`.

    The predictions are the expected counts.

    Backward: With n the number of elements, `ȳ_pred = (1 − y_true / (y_pred + ε)) / n`.
    """

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype: Any = None):
        super().__init__(poisson, reduction, name, dtype)
