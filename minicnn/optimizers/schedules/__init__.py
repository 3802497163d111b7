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

_CLASSES = (
    *(CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay),
    *(LearningRateSchedule, PiecewiseConstantDecay, PolynomialDecay),
)
_BY_NAME = {cls.__name__: cls for cls in _CLASSES}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """The schedule as a dict that `deserialize` reads."""
    from minicnn.serialization import serialization_lib

    return serialization_lib.serialize_keras_object(learning_rate_schedule)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule that `serialize` described."""
    from minicnn.serialization import serialization_lib

    return serialization_lib.deserialize_keras_object(
        config, module_objects=_BY_NAME, custom_objects=custom_objects
    )


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
