"""Learning rates that change from step to step: give one to an optimizer as `learning_rate`."""

from __future__ import annotations

from typing import Any

from minicnn.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from minicnn.optimizers.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from minicnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from minicnn.serialization.named_objects import NamedObjects
from minicnn.serialization.serialize import serialize_keras_object

_CLASSES = (
    *(CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay),
    *(LearningRateSchedule, PiecewiseConstantDecay, PolynomialDecay),
)
_SCHEDULES = NamedObjects("schedule", {cls.__name__: cls for cls in _CLASSES})
deserialize = _SCHEDULES.deserialize


def serialize(learning_rate_schedule: Any) -> dict[str, Any]:
    """The schedule as a dict that `deserialize` reads."""
    return serialize_keras_object(learning_rate_schedule)


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
