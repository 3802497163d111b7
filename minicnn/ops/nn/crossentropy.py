"""Cross-entropies between targets and predictions, the losses of classification.

The result of `softmax` or `sigmoid` keeps its logits x, and the losses are computed from them:
`log(softmax(x))` computed from x is exact also where the probability is rounded to 0 or 1. Other
probabilities are clipped to [ε, 1 - ε], ε = `config.epsilon()`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import configuration
from minicnn.common.dtypes import is_real_float
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.nn.activations import logistic
from minicnn.ops.nn.encoding import one_hot
from minicnn.ops.nn.softmax_family import check_axis, log_softmax, softmax, softmax_gradient
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor


@composite("target", "output")
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """`-t · log(p) - (1 - t) · log(1 - p)`, element by element.

    Args:
        target: t, from 0 to 1, of the shape of the output.
        output: p, probabilities; or logits x with p = sigmoid(x).
        from_logits: whether the output is logits.

    Returns:
        The shape of the output. From logits it is `max(x, 0) - t · x + log(1 + exp(-|x|))`.
    """
    target, output = _as_floats(target, output)
    _require_same_shape(target, output)
    output, from_logits = _logits_of(output, from_logits, "binary_crossentropy", "sigmoid")
    if from_logits:
        return sigmoid_cross_entropy(target, output)
    output = _clipped(output)
    return -(target * ops.log(output) + (1 - target) * ops.log(1 - output))


def _sigmoid_vjp(g, y, target, logits):
    # `sigmoid(x) - t` would lose all digits where a prediction is close to its target.
    return scaled(g, (1 - target) * logistic(logits) - target * logistic(-logits))


@op(
    "target",
    "logits",
    promote="common",
    spec=specs.elementwise,
    vjp=(lambda g, y, target, logits: scaled(-g, logits), _sigmoid_vjp),
)
def sigmoid_cross_entropy(target: Any, logits: Any) -> Any:
    """`-t · log(p) - (1 - t) · log(1 - p)` with p = sigmoid(x), element by element."""
    rest = kernels.softplus(-kernels.absolute(logits))
    return kernels.relu(logits) - target * logits + rest


@composite("target", "output")
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """`-Σ t · log(p)` along the axis of the classes.

    Args:
        target: t, one-hot vectors or distributions, of the shape of the output.
        output: p, made to sum to 1; or logits x with p = softmax(x).
        from_logits: whether the output is logits.
        axis: of the classes.

    Returns:
        The shape of the output without the axis.
    """
    target, output = _as_floats(target, output)
    _require_rank_one(output)
    _require_same_shape(target, output)
    output, from_logits = _logits_of(output, from_logits, "categorical_crossentropy", "softmax")
    if from_logits:
        return -ops.sum(target * log_softmax(output, axis=axis), axis=axis)
    output = _clipped(output / ops.sum(output, axis=axis, keepdims=True))
    return -ops.sum(target * ops.log(output), axis=axis)


@composite("target", "output")
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """`-log(p[target])`: categorical cross-entropy with class numbers as targets.

    Args:
        target: class numbers, of the shape of the output without the axis of the classes (a last
            axis of length 1 is dropped).
        output: p, made to sum to 1; or logits x with p = softmax(x).
        from_logits: whether the output is logits.
        axis: of the classes.

    Returns:
        The shape of the output without the axis.

    Raises:
        ValueError: if shapes do not agree, or a class number is not one of the classes.

    Example:
        >>> import minicnn as keras
        >>> logits = [[0.0, 0.0], [100.0, 0.0]]
        >>> keras.ops.sparse_categorical_crossentropy([0, 1], logits, from_logits=True)
        Tensor([  0.6931472, 100.       ], dtype=float32)
    """
    target, output = ops.convert_to_tensor(target), ops.convert_to_tensor(output)
    _require_rank_one(output)
    check_axis(axis, len(output.shape))
    name = "sparse_categorical_crossentropy"
    output, from_logits = _logits_of(output, from_logits, name, "softmax")
    if axis not in (-1, len(output.shape) - 1):
        output = ops.moveaxis(output, axis, -1)
    target = _one_number_each(target, output)
    logits = output if from_logits else ops.log(_clipped(output))
    return sparse_softmax_cross_entropy(logits, target)


def _sparse_vjp(g, y, logits, labels):
    return sparse_softmax_cross_entropy_gradient(g, logits, labels)


@op(
    "logits",
    "labels",
    spec=lambda logits, labels: KerasTensor(logits.shape[:-1], logits.dtype),
    vjp=(_sparse_vjp, None),
    wide=True,
)
def sparse_softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """`log Σ exp(x) - x[label]` for each row x of logits `(..., classes)`, labels `(...)`."""
    labels = _class_numbers(labels, logits.shape[-1])
    return kernels.sparse_softmax_cross_entropy(logits, labels)


def _by_cotangent(g, y, cotangent, logits, labels):
    difference = softmax(logits) - one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    return ops.sum(g * difference, axis=-1)


def _by_logits(g, y, cotangent, logits, labels):
    return softmax_gradient(g * ops.expand_dims(cotangent, -1), softmax(logits))


@op(
    "cotangent",
    "logits",
    "labels",
    spec=lambda cotangent, logits, labels: KerasTensor(logits.shape, logits.dtype),
    vjp=(_by_cotangent, _by_logits, None),
    wide=True,
)
def sparse_softmax_cross_entropy_gradient(cotangent: Any, logits: Any, labels: Any) -> Any:
    """The cotangent of the logits: `(softmax(x) - one_hot(label)) · cotangent`, row by row."""
    labels = _class_numbers(labels, logits.shape[-1])
    return kernels.sparse_softmax_cross_entropy_gradient(cotangent, logits, labels)


def _class_numbers(labels: np.ndarray, classes: int) -> np.ndarray:
    """The labels as integers; raises where one is not a class number."""
    # Fractions are cut off: -0.5 is class 0. NaN fails every comparison, so it is refused.
    if not labels.size or (labels.min() > -1 and labels.max() < classes):
        return labels.astype(np.int64, copy=False)
    if is_real_float(labels.dtype) and not np.isfinite(labels).all():
        raise ValueError(
            "Labels must be class numbers, but some are NaN or infinite. Look for missing values "
            "in the targets."
        )
    raise ValueError(
        f"Labels must be class numbers from 0 to {classes - 1}, since the predictions have "
        f"{classes} classes. Received labels from {labels.min():g} to {labels.max():g}. Give the "
        "last layer as many units as there are classes, and count the classes from 0."
    )


def _one_number_each(target: Any, output: Any) -> Any:
    """The targets as one class number for each row of the output."""
    expected, shape = tuple(output.shape[:-1]), tuple(target.shape)
    if len(shape) == len(output.shape) and shape[-1] == 1:
        target, shape = ops.squeeze(target, -1), shape[:-1]
    if not _agree(shape, expected):
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last "
            f"dimension. Received: target.shape={shape}, output.shape={tuple(output.shape)}. "
            "Targets that are one-hot vectors go with `categorical_crossentropy`."
        )
    return target


def _agree(shape: tuple, expected: tuple) -> bool:
    return len(shape) == len(expected) and all(
        m == n or m is None or n is None for m, n in zip(shape, expected, strict=True)
    )


def _require_same_shape(target: Any, output: Any) -> None:
    if not _agree(target.shape, output.shape):
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}. Targets that "
            "are class numbers go with `sparse_categorical_crossentropy`."
        )


def _require_rank_one(output: Any) -> None:
    if len(output.shape) < 1:
        raise ValueError(
            "Argument `output` must be at least rank 1, with an axis of the classes. Received: "
            f"output.shape={tuple(output.shape)}"
        )


def _as_floats(target: Any, output: Any) -> tuple[Any, Any]:
    """Both as tensors of the output's type, which is the default float type for integers."""
    target, output = ops.convert_to_tensor(target), ops.convert_to_tensor(output)
    dtype = str(output.dtype)
    if "float" not in dtype:
        dtype = configuration.floatx()
        output = ops.cast(output, dtype)
    return ops.cast(target, dtype), output


def _clipped(probabilities: Any) -> Any:
    return ops.clip(probabilities, configuration.epsilon(), 1 - configuration.epsilon())


def _logits_of(output: Any, from_logits: bool, name: str, activation: str) -> tuple[Any, bool]:
    """The logits that probabilities were computed from, if they are known."""
    logits = getattr(output, "_keras_logits", None)
    if logits is None:
        return output, from_logits
    if from_logits:
        warnings.warn(
            f"`{name}` received `from_logits=True`, but the `output` argument was produced by a "
            f"{activation} activation and thus does not represent logits. Was this intended?",
            stacklevel=2,
        )
    return logits, True
