"""Losses and metrics from what a user writes: a name, a function, an object.

"accuracy" and "crossentropy" stand for the binary, the categorical or the sparse kind; which one
is seen from the shapes of the target and of the output.
"""

from __future__ import annotations

from typing import Any

from minicnn import losses, metrics, tree
from minicnn.common.naming import to_snake_case

_ACCURACIES = {
    "binary": metrics.BinaryAccuracy,
    "sparse": metrics.SparseCategoricalAccuracy,
    "categorical": metrics.CategoricalAccuracy,
}
_CROSSENTROPY_METRICS = {
    "binary": metrics.BinaryCrossentropy,
    "sparse": metrics.SparseCategoricalCrossentropy,
    "categorical": metrics.CategoricalCrossentropy,
}
_CROSSENTROPY_LOSSES = {
    "binary": losses.binary_crossentropy,
    "sparse": losses.sparse_categorical_crossentropy,
    "categorical": losses.categorical_crossentropy,
}

# Names that stand for one of several, by what the shapes suggest.
METRICS_BY_SHAPE = {
    "accuracy": _ACCURACIES,
    "acc": _ACCURACIES,
    "crossentropy": _CROSSENTROPY_METRICS,
    "ce": _CROSSENTROPY_METRICS,
}
LOSSES_BY_SHAPE = {"crossentropy": _CROSSENTROPY_LOSSES, "ce": _CROSSENTROPY_LOSSES}


def kind_of_classes(y_true: Any, y_pred: Any) -> str:
    """Which of "binary", "sparse" (class indices) and "categorical" (one-hot) the shapes mean."""
    true_shape, output_shape = tuple(y_true.shape), tuple(y_pred.shape)
    if output_shape[-1:] == (1,):
        return "binary"
    if len(true_shape) < len(output_shape) or true_shape[-1] == 1:
        return "sparse"
    return "categorical"


def _by_shape(identifier: Any, table: dict[str, dict]) -> dict | None:
    return table.get(identifier.lower()) if isinstance(identifier, str) else None


def get_metric(identifier: Any, y_true: Any, y_pred: Any) -> metrics.Metric:
    """The metric for an output, named as the user named it.

    Raises:
        ValueError: None, or an unknown name.
    """
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    kinds = _by_shape(identifier, METRICS_BY_SHAPE)
    if kinds:
        metric = kinds[kind_of_classes(y_true, y_pred)]()
    else:
        metric = metrics.get(identifier)
    if not isinstance(metric, metrics.Metric):
        metric = metrics.MeanMetricWrapper(metric, name=_name(metric))
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def get_loss(identifier: Any, y_true: Any, y_pred: Any) -> losses.Loss | None:
    """The loss for an output; None for an output without one."""
    if identifier is None:
        return None
    kinds = _by_shape(identifier, LOSSES_BY_SHAPE)
    if kinds:
        loss = kinds[kind_of_classes(y_true, y_pred)]
    else:
        loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    name = identifier if isinstance(identifier, str) else _name(loss)
    return losses.LossFunctionWrapper(loss, name=name)


def _name(thing: Any) -> str:
    """The `name` of an object, or the name of a function or class in lower case."""
    name = getattr(thing, "name", None)
    return name or to_snake_case(getattr(thing, "__name__", type(thing).__name__))


def check_identifiers(loss: Any, *metric_groups: Any) -> None:
    """Refuses names that nobody knows when `compile` is called, rather than in the first step."""
    for name in _names(loss, LOSSES_BY_SHAPE):
        losses.get(name)
    for name in _names(metric_groups, METRICS_BY_SHAPE):
        metrics.get(name)


def _names(structure: Any, by_shape: dict[str, dict]) -> list[str]:
    leaves = tree.flatten(structure)
    return [leaf for leaf in leaves if isinstance(leaf, str) and leaf.lower() not in by_shape]
