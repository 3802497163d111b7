"""Learning rates that change from step to step: give one to an optimizer as `learning_rate`."""

from __future__ import annotations

from minicnn.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from minicnn.optimizers.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from minicnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from minicnn.serialization.named_objects import NamedObjects

_CLASSES = (
    *(CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay),
    *(LearningRateSchedule, PiecewiseConstantDecay, PolynomialDecay),
)
_SCHEDULES = NamedObjects("schedule", {cls.__name__: cls for cls in _CLASSES})
serialize = _SCHEDULES.serialize
deserialize = _SCHEDULES.deserialize

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
