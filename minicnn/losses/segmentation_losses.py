"""Losses that measure how two regions overlap."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import as_pair
from minicnn.losses.loss_function_wrapper import NamedLoss
from minicnn.ops.define.half import at_least_float32


def dice(y_true: Any, y_pred: Any, axis: int | tuple | None = None) -> Any:
    """One minus the Dice coefficient, `1 - 2 · |A∩B| / (|A| + |B|)`, summed over `axis`.

    Source: Milletari et al., "V-Net" (2016), section 3 (there with squares in the denominator).
    """
    y_true, y_pred = as_pair("dice", y_true, y_pred, match_ranks=False)
    dtype, y_true, y_pred = y_pred.dtype, at_least_float32(y_true), at_least_float32(y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    total = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + configuration.epsilon()
    return ops.cast(1 - 2.0 * overlap / total, dtype)


def tversky(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: int | tuple | None = None,
) -> Any:
    """One minus the Tversky index, which weighs misses (α) and false alarms (β) apart.

    `1 - |A∩B| / (|A∩B| + α·|A∖B| + β·|B∖A|)` with the truth A and the prediction B.

    Source: Salehi et al., "Tversky loss function for image segmentation" (2017), eq. 3, where
    the names of α and β are exchanged.
    """
    y_true, y_pred = as_pair("tversky", y_true, y_pred, match_ranks=False)
    dtype, y_true, y_pred = y_pred.dtype, at_least_float32(y_true), at_least_float32(y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1 - y_pred), axis=axis)
    false_alarms = ops.sum((1 - y_true) * y_pred, axis=axis)
    total = overlap + alpha * missed + beta * false_alarms + configuration.epsilon()
    return ops.cast(1 - overlap / total, dtype)


class Dice(NamedLoss):
    """One minus the Dice coefficient, `1 - 2 · |A∩B| / (|A| + |B|)`.

    It is 0 where the predicted region is the true one.

    Backward: With `s = |A| + |B|`, A the truth and B the prediction,
    `ȳ_pred = −2 · (y_true · s − |A∩B|) / s²`.
    """

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="dice",
        axis: int | tuple | None = None,
        dtype: Any = None,
    ):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(NamedLoss):
    """One minus the Tversky index, which weighs misses (α) and false alarms (β) apart.

    With α and β 1/2 it is the Dice loss.

    `1 - |A∩B| / s`, with A the truth, B the prediction and `s = |A∩B| + α · |A∖B| + β · |B∖A|`

    Backward: `ȳ_pred = −(y_true · s − |A∩B| · (y_true · (1 − α) + (1 − y_true) · β)) / s²`
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis: int | tuple | None = None,
        dtype: Any = None,
    ):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
