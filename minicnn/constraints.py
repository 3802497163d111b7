"""Conditions that weights are brought back to after every step of training."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.errors import make_from_config
from minicnn.serialization.named_objects import NamedObjects, by_name
from minicnn.serialization.serialize import serialize_keras_object


class Constraint:
    """A function from a weight to the nearest weight that is allowed.

    A subclass defines `__call__(w)`, and `get_config()` if it has settings.

    Example:
        >>> import minicnn as keras
        >>> keras.constraints.NonNeg()([-1.0, 2.0])
        Tensor([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Any:
        """The weight, made to fit."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same constraint again."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """The constraint that `get_config` described."""
        return make_from_config(cls, config)


class MaxNorm(Constraint):
    """Vectors along `axis` longer than `max_value` are shortened to it.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting" (2014), §5.1.

    Args:
        max_value: the largest length.
        axis: the axis or axes along which a vector lies: 0 for the inputs of each unit of a
            Dense kernel, (0, 1, 2) for each filter of a Conv2D kernel.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, made to fit."""
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (configuration.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same constraint again."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Negative elements become 0."""

    def __call__(self, w: Any) -> Any:
        """The weight, made to fit."""
        return ops.maximum(ops.convert_to_tensor(w), 0)


class UnitNorm(Constraint):
    """Vectors along `axis` get the length 1."""

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, made to fit."""
        w = ops.convert_to_tensor(w)
        return w / (configuration.epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same constraint again."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """The lengths of vectors along `axis` are moved towards the range min_value to max_value.

    Args:
        min_value: the smallest length.
        max_value: the largest length.
        rate: how far they are moved in one step, from 0 (not at all) to 1 (all the way).
        axis: the axis or axes along which a vector lies.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, made to fit."""
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        within = ops.clip(norms, self.min_value, self.max_value)
        wanted = self.rate * within + (1 - self.rate) * norms
        return w * (wanted / (configuration.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same constraint again."""
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


def _norms(w: Any, axis: Any) -> Any:
    """Lengths of the vectors along the axes, which stay as axes of length 1."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm

_CONSTRAINTS = NamedObjects(
    "constraint", by_name((Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm))
)
get = _CONSTRAINTS.get
deserialize = _CONSTRAINTS.deserialize


def serialize(constraint: Any) -> dict[str, Any]:
    """The constraint as a dict that `deserialize` reads."""
    return serialize_keras_object(constraint)
