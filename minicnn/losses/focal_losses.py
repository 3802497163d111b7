"""Cross-entropies that weigh hard samples more, or wrong labels less."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.losses.checks import (
    as_one_hot_pair,
    as_pair,
    check_axis,
    check_class_range,
    check_index_shape,
    check_whole,
    warn_of_one_class,
)
from minicnn.losses.crossentropy_losses import smooth_binary, smooth_categorical
from minicnn.losses.loss_function_wrapper import NamedLoss


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary cross-entropy times `(1 - p_t)^γ`, so that easy samples hardly count.

    `p_t` is the probability given to the truth. With `apply_class_balancing` the classes 1 and
    0 weigh α and 1 - α.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017), eq. 4 and 5.
    """
    y_true, y_pred = as_pair("binary_focal_crossentropy", y_true, y_pred, match_ranks=False)
    y_true = smooth_binary(y_true, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    loss = ops.binary_crossentropy(y_true, y_pred)
    p_t = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    loss = ops.power(1.0 - p_t, gamma) * loss
    if apply_class_balancing:
        loss = (y_true * alpha + (1 - y_true) * (1 - alpha)) * loss
    return ops.mean(loss, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`-sum(α · (1 - p)^γ · y_true · log(p))` over the classes, for one-hot labels.

    `alpha` is one number, or one for each class.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017), eq. 5.
    """
    check_axis(axis)
    y_true, y_pred = as_one_hot_pair("categorical_focal_crossentropy", y_true, y_pred)
    warn_of_one_class("categorical_focal_crossentropy", y_pred)
    y_true = smooth_categorical(y_true, label_smoothing)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    p = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    p = ops.clip(p, configuration.epsilon(), 1.0 - configuration.epsilon())
    return ops.sum(ops.power(1.0 - p, gamma) * alpha * -y_true * ops.log(p), axis=axis)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - p[y_true]^q) / q`, which wrong labels disturb less than a cross-entropy.

    For `q` near 0 it is the cross-entropy, near 1 the absolute error. `y_true` are class
    indices, `(batch,)` or `(batch, 1)`; `y_pred` probabilities, `(batch, classes)`.

    Source: Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural
    Networks with Noisy Labels" (2018), eq. 6.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    check_index_shape("categorical_generalized_cross_entropy", y_true, y_pred)
    check_whole("categorical_generalized_cross_entropy", y_true)
    check_class_range("categorical_generalized_cross_entropy", y_true, y_pred.shape[-1])
    one_hot = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    return (1 - ops.power(ops.sum(y_pred * one_hot, axis=-1), q)) / q


class BinaryFocalCrossentropy(NamedLoss):
    """Binary cross-entropy times `(1 - p_t)^γ`, so that easy samples hardly count.

    In it `p_t` is the probability of the right label.

    `mean(−(1 - p_t)^γ · log(p_t))`, with `p_t = p if y_true = 1, else 1 − p`

    Backward: With n the number of elements,
    `p̄_t = (γ · (1 − p_t)^(γ − 1) · log(p_t) − (1 − p_t)^γ / p_t) / n`.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(NamedLoss):
    """Categorical cross-entropy times `α · (1 - p)^γ`, for one-hot labels.

    Easy samples then hardly count.

    `−Σ α · (1 - p)^γ · y_true · log(p)`

    Backward: For each class `p̄ = α · y_true · (γ · (1 − p)^(γ − 1) · log(p) − (1 − p)^γ / p)`,
    before the probabilities are brought to the sum 1.
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalGeneralizedCrossEntropy(NamedLoss):
    """Between cross-entropy and absolute error: wrong labels disturb it less.

    The smaller q, the nearer it is to a cross-entropy.

    `(1 - p[y_true]^q) / q`

    Backward: `p̄[y_true] = −p[y_true]^(q − 1)`, and 0 for the other classes.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype: Any = None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1). Received: q={q}")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
