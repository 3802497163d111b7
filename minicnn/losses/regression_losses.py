"""Regression losses: the distance between predicted numbers and labels.

With `e = y_pred - y_true`, every function takes two arrays `(batch, ..., features)` and returns
the mean over the last axis, `(batch, ...)`. ValueError if the shapes cannot be subtracted or
if there is a NaN among the labels.
"""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import as_pair
from minicnn.losses.loss_function_wrapper import NamedLoss


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared errors: `mean(e²)`."""
    y_true, y_pred = as_pair("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the absolute errors: `mean(|e|)`."""
    y_true, y_pred = as_pair("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Mean error in percent of the labels: `100 · mean(|e| / max(|y_true|, ε))`."""
    y_true, y_pred = as_pair("mean_absolute_percentage_error", y_true, y_pred)
    scale = ops.maximum(ops.abs(y_true), configuration.epsilon())
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / scale), axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean squared error of `log(1 + y)`, for positive numbers of many magnitudes."""
    y_true, y_pred = as_pair("mean_squared_logarithmic_error", y_true, y_pred)
    log_true, log_pred = (
        ops.log(ops.maximum(y, configuration.epsilon()) + 1.0) for y in (y_true, y_pred)
    )
    return ops.mean(ops.square(log_pred - log_true), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between the two, from -1 (same direction) to 1."""
    y_true, y_pred = as_pair("cosine_similarity", y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Squared error for errors up to δ, absolute error for larger ones.

    `mean(e²/2 if |e| <= δ else δ|e| - δ²/2)`.

    Source: Huber, "Robust estimation of a location parameter" (1964), section 3.
    """
    y_true, y_pred = as_pair("huber", y_true, y_pred)
    error = ops.abs(y_pred - y_true)
    near = 0.5 * ops.square(error)
    far = delta * error - 0.5 * delta**2
    return ops.mean(ops.where(error <= delta, near, far), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """`mean(log(cosh(e)))`, about `e²/2` for small errors and `|e| - log 2` for large ones."""
    y_true, y_pred = as_pair("log_cosh", y_true, y_pred)
    size = ops.abs(y_pred - y_true)
    # cosh(e) is 1 + 2 sinh²(e/2), and exp(|e|) · (1 + exp(-2|e|)) / 2: the first keeps the digits
    # of small errors, the second does not overflow for large ones.
    near = ops.log1p(2.0 * ops.square(ops.sinh(ops.minimum(size, 1.0) / 2.0)))
    far = size + ops.log1p(ops.exp(-2.0 * size)) - math.log(2.0)
    return ops.mean(ops.where(size < 1.0, near, far), axis=-1)


class MeanSquaredError(NamedLoss):
    """Mean of the squared errors: `mean(e²)`.

    Large errors count much more than small ones.

    Backward: With n the number of elements, `ȳ_pred = 2 · e / n`.

    Example:
        >>> import minicnn as keras
        >>> float(keras.losses.MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]]))
        2.0
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_squared_error", dtype: Any = None
    ):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(NamedLoss):
    """Mean of the absolute errors: `mean(|e|)`.

    All errors count in proportion to their size.

    Backward: With n the number of elements, `ȳ_pred = sign(e) / n`.
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype: Any = None
    ):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(NamedLoss):
    """Mean error in percent of the labels: `100 · mean(|e| / max(|y_true|, ε))`.

    An error of 1 counts more where the label is small.

    Backward: With n the number of elements, `ȳ_pred = 100 · sign(e) / max(|y_true|, ε) / n`.
    """

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_absolute_percentage_error",
        dtype: Any = None,
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(NamedLoss):
    """Mean squared error of `log(1 + y)`, for positive numbers of many magnitudes.

    It measures how many times too large or too small a prediction is.

    `mean((log(1 + y_pred) − log(1 + y_true))²)`

    Backward: With d the difference of the logarithms, `ȳ_pred = 2 · d / (1 + y_pred) / n`.
    """

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_squared_logarithmic_error",
        dtype: Any = None,
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class CosineSimilarity(NamedLoss):
    """Minus the cosine of the angle between the two along `axis`.

    Their lengths do not matter.

    `−Σ t · u`, with `t = y_true / ‖y_true‖` and `u = y_pred / ‖y_pred‖`

    Backward: `ȳ_pred = −(t − u · Σ t · u) / ‖y_pred‖`
    """

    def __init__(
        self,
        axis: int = -1,
        reduction="sum_over_batch_size",
        name="cosine_similarity",
        dtype: Any = None,
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


class Huber(NamedLoss):
    """Squared error up to `delta`, absolute error beyond it.

    So single large errors disturb it less.

    `mean(e² / 2 if |e| ≤ delta, else delta · |e| − delta² / 2)`

    Backward: With n the number of elements, `ȳ_pred = clip(e, −delta, delta) / n`.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction="sum_over_batch_size",
        name="huber_loss",
        dtype: Any = None,
    ):
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(NamedLoss):
    """Squared error for small errors, absolute error for large ones: `mean(log(cosh(e)))`.

    It has no kink between the two.

    Backward: With n the number of elements, `ȳ_pred = tanh(e) / n`.
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype: Any = None):
        super().__init__(log_cosh, reduction, name, dtype)
