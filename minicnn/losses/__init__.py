"""Losses: the functions that training minimizes."""

from __future__ import annotations

from typing import Any

from minicnn.common import keras_names
from minicnn.losses.crossentropy_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from minicnn.losses.focal_losses import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from minicnn.losses.hinge_losses import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from minicnn.losses.loss import Loss
from minicnn.losses.loss_function_wrapper import LossFunctionWrapper
from minicnn.losses.probabilistic_losses import KLDivergence, Poisson, kl_divergence, poisson
from minicnn.losses.regression_losses import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from minicnn.losses.segmentation_losses import Dice, Tversky, dice, tversky
from minicnn.losses.similarity_losses import Circle, circle
from minicnn.serialization.named_objects import NamedObjects
from minicnn.serialization.serialize import serialize_keras_object

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_ALIASES = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}

_TOOLS = ("deserialize", "get", "serialize")

ALL_OBJECTS = {globals()[name] for name in __all__ if name not in _TOOLS}
"""Every loss of the library, classes and functions."""

_LOSSES = NamedObjects(
    "loss",
    {
        **{thing.__name__: thing for thing in ALL_OBJECTS},
        **_ALIASES,
        **{alias.upper(): function for alias, function in _ALIASES.items()},
    },
)
get = _LOSSES.get


def serialize(loss: Any) -> Any:
    """The config of a loss: a dict, or the name of a function."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Makes a loss from its config, which is `name`."""
    return _LOSSES.deserialize(name, custom_objects)


__getattr__ = keras_names.missing_in(__name__)
