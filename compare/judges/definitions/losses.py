"""Definitions of losses, by their names below `keras.losses`: a formula and a reduction."""

from __future__ import annotations

import inspect

import numpy as np

from compare.judges.definitions.activations import sigmoid, softmax, softplus
from compare.judges.definitions.undefined import Undefined

TINY = 1e-7  # Keras's ε


def within(p):
    """Probabilities, away from 0 and 1."""
    return np.clip(p, TINY, 1 - TINY)


def smoothed(t, smoothing, classes):
    """Labels with a part of their weight spread over the classes."""
    return t * (1 - smoothing) + smoothing / classes


def unit(x, axis):
    """The vector over its length."""
    return x / np.sqrt((x * x).sum(axis, keepdims=True))


def as_signs(t):
    """Labels −1 and 1, made from 0 and 1 if they are such."""
    return 2 * t - 1 if np.isin(t, (0, 1)).all() else t


def mean_squared_error(t, p):
    """The mean of (p − t)²."""
    return ((p - t) ** 2).mean(-1)


def mean_absolute_error(t, p):
    """The mean of |p − t|."""
    return abs(p - t).mean(-1)


def mean_absolute_percentage_error(t, p):
    """The mean of 100 · |t − p| / |t|."""
    return 100 * abs((t - p) / np.maximum(abs(t), TINY)).mean(-1)


def mean_squared_logarithmic_error(t, p):
    """The mean of (log(1 + p) − log(1 + t))²."""
    return ((np.log1p(np.maximum(p, TINY)) - np.log1p(np.maximum(t, TINY))) ** 2).mean(-1)


def cosine_similarity(t, p, axis=-1):
    """The negative cosine of the angle."""
    return -(unit(t, axis) * unit(p, axis)).sum(axis)


def huber(t, p, delta=1.0):
    """A square near zero, straight lines beyond delta."""
    size = abs(p - t)
    return np.where(size <= delta, size**2 / 2, delta * (size - delta / 2)).mean(-1)


def log_cosh(t, p):
    """The mean of log(cosh(p − t))."""
    return np.log(np.cosh(p - t)).mean(-1)


def hinge(t, p):
    """The mean of max(1 − t · p, 0)."""
    return np.maximum(1 - as_signs(t) * p, 0).mean(-1)


def squared_hinge(t, p):
    """The mean of max(1 − t · p, 0)²."""
    return (np.maximum(1 - as_signs(t) * p, 0) ** 2).mean(-1)


def categorical_hinge(t, p):
    """By how much the largest wrong score exceeds the right one, plus 1."""
    return np.maximum(((1 - t) * p).max(-1) - (t * p).sum(-1) + 1, 0)


def kl_divergence(t, p):
    """Σ t · log(t / p)."""
    t, p = np.clip(t, TINY, 1), np.clip(p, TINY, 1)
    return (t * np.log(t / p)).sum(-1)


def poisson(t, p):
    """The mean of p − t · log(p)."""
    return (p - t * np.log(p + TINY)).mean(-1)


def binary_terms(t, p, from_logits):
    """−t · log(p) − (1 − t) · log(1 − p), element by element."""
    if from_logits:
        return softplus(p) - t * p
    return -t * np.log(within(p)) - (1 - t) * np.log(1 - within(p))


def binary_crossentropy(t, p, from_logits=False, label_smoothing=0.0, axis=-1):
    """The mean of −t · log(p) − (1 − t) · log(1 − p)."""
    return binary_terms(smoothed(t, label_smoothing, 2), p, from_logits).mean(axis)


def log_probabilities(p, from_logits, axis=-1):
    """The logarithm of probabilities, which are scaled to the sum 1."""
    return np.log(softmax(p, axis) if from_logits else within(p / p.sum(axis, keepdims=True)))


def categorical_crossentropy(t, p, from_logits=False, label_smoothing=0.0, axis=-1):
    """−Σ t · log(p)."""
    t = smoothed(t, label_smoothing, t.shape[axis])
    return -(t * log_probabilities(p, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(t, p, from_logits=False, ignore_class=None, axis=-1):
    """−log of the probability of the class t; rows of an ignored class do not count."""
    logs = np.moveaxis(log_probabilities(p, from_logits, axis), axis, -1)
    classes = t.astype(int)
    loss = np.empty(classes.shape, p.dtype)
    for place in np.ndindex(classes.shape):
        loss[place] = -logs[place][classes[place]]
    return loss if ignore_class is None else np.ma.masked_array(loss, classes == ignore_class)


def binary_focal_crossentropy(
    t,
    p,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """The cross-entropy, times (1 − probability of the label)^gamma, and the class's alpha."""
    t = smoothed(t, label_smoothing, 2)
    p = sigmoid(p) if from_logits else p
    terms = binary_terms(t, p, False) * (1 - t * p - (1 - t) * (1 - p)) ** gamma
    return (terms * (t * alpha + (1 - t) * (1 - alpha) if apply_class_balancing else 1)).mean(axis)


def categorical_focal_crossentropy(
    t, p, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """−Σ alpha · (1 − p)^gamma · t · log(p)."""
    t = smoothed(t, label_smoothing, t.shape[axis])
    logs = log_probabilities(p, from_logits, axis)
    return -(np.asarray(alpha, p.dtype) * (1 - np.exp(logs)) ** gamma * t * logs).sum(axis)


def categorical_generalized_cross_entropy(t, p, q=0.5):
    """(1 − p^q) / q, of the probability of the class t."""
    chosen = np.take_along_axis(within(p), t.astype(int)[..., None], -1)[..., 0]
    return (1 - chosen**q) / q


def dice(t, p, axis=None):
    """1 − 2 · Σ t·p / (Σ t + Σ p)."""
    return 1 - 2 * (t * p).sum(axis) / (t.sum(axis) + p.sum(axis) + TINY)


def tversky(t, p, alpha=0.5, beta=0.5, axis=None):
    """1 − Σ t·p / (Σ t·p + alpha · Σ t·(1−p) + beta · Σ (1−t)·p)."""
    both = (t * p).sum(axis)
    missed, invented = (t * (1 - p)).sum(axis), ((1 - t) * p).sum(axis)
    return 1 - both / (both + alpha * missed + beta * invented + TINY)


def reduced(loss, weights, reduction):
    """One number for the losses of all rows; masked ones do not count."""
    valid = 1 - np.ma.getmaskarray(loss).astype(loss.dtype)
    loss = np.ma.getdata(loss) * valid
    if weights is None:
        weights = np.ones_like(loss)
    if reduction == "mean_with_sample_weight" and weights.shape != loss.shape:
        raise Undefined("the sum of weights that are fewer than the losses")
    if weights.ndim > loss.ndim:
        raise Undefined("weights with more axes than the losses")
    alike = weights[..., None] if weights.ndim == loss.ndim - 1 else weights
    weights = np.broadcast_to(alike, loss.shape)
    if reduction in (None, "none"):
        return loss * weights
    total = (loss * weights).sum()
    count = {
        "sum": 1,
        "sum_over_batch_size": valid.sum(),
        "mean": valid.sum(),
        "mean_with_sample_weight": (weights * valid).sum(),
    }
    return total / np.asarray(count[reduction], total.dtype)


def with_reduction(formula):
    """The class of a loss: settings of the formula, then labels, predictions, sample weights."""

    class Loss:
        """The formula, reduced."""

        def __init__(self, reduction="sum_over_batch_size", name=None, **settings):
            if unknown := settings.keys() - inspect.signature(formula).parameters.keys():
                raise Undefined(f"{formula.__name__} with {unknown}")
            self.reduction, self.settings = reduction, settings

        def __call__(self, y_true, y_pred, sample_weight=None):
            loss = formula(y_true.astype(y_pred.dtype), y_pred, **self.settings)
            return reduced(loss, sample_weight, self.reduction)

        def get_config(self):
            """A definition has no configuration."""
            return {}

        @classmethod
        def from_config(cls, config):
            """A definition has no configuration."""
            return cls.__new__(cls)

    return Loss


DEFINITIONS = {
    "BinaryCrossentropy": with_reduction(binary_crossentropy),
    "BinaryFocalCrossentropy": with_reduction(binary_focal_crossentropy),
    "CategoricalCrossentropy": with_reduction(categorical_crossentropy),
    "CategoricalFocalCrossentropy": with_reduction(categorical_focal_crossentropy),
    "CategoricalGeneralizedCrossEntropy": with_reduction(categorical_generalized_cross_entropy),
    "CategoricalHinge": with_reduction(categorical_hinge),
    "CosineSimilarity": with_reduction(cosine_similarity),
    "Dice": with_reduction(dice),
    "Hinge": with_reduction(hinge),
    "Huber": with_reduction(huber),
    "KLDivergence": with_reduction(kl_divergence),
    "LogCosh": with_reduction(log_cosh),
    "MeanAbsoluteError": with_reduction(mean_absolute_error),
    "MeanAbsolutePercentageError": with_reduction(mean_absolute_percentage_error),
    "MeanSquaredError": with_reduction(mean_squared_error),
    "MeanSquaredLogarithmicError": with_reduction(mean_squared_logarithmic_error),
    "Poisson": with_reduction(poisson),
    "SparseCategoricalCrossentropy": with_reduction(sparse_categorical_crossentropy),
    "SquaredHinge": with_reduction(squared_hinge),
    "Tversky": with_reduction(tversky),
}
