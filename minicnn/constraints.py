"""Constraints: conditions on weights, applied after every training step."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration, keras_names
from minicnn.common.errors import make_from_config
from minicnn.serialization.named_objects import NamedObjects, by_name
from minicnn.serialization.serialize import serialize_keras_object


class Constraint:
    """A function from a weight to a weight that fulfils a condition.

    A subclass defines `__call__(w)`, and `get_config()` if it has settings.

    Example:
        >>> import minicnn as keras
        >>> keras.constraints.NonNeg()([-1.0, 2.0])
        Tensor([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Any:
        """The weight, changed to fulfil the condition."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """Makes a constraint from its config."""
        return make_from_config(cls, config)


class MaxNorm(Constraint):
    """Vectors along `axis` longer than `max_value` are shortened to it.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting" (2014), §5.1.

    Args:
        max_value: the largest length.
        axis: the axis or axes of a vector: 0 for the inputs of each unit of a
            Dense kernel, (0, 1, 2) for each filter of a Conv2D kernel.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, changed to fulfil the condition."""
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (configuration.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Negative elements become 0."""

    def __call__(self, w: Any) -> Any:
        """The weight, changed to fulfil the condition."""
        return ops.maximum(ops.convert_to_tensor(w), 0)


class UnitNorm(Constraint):
    """Vectors along `axis` get the length 1."""

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, changed to fulfil the condition."""
        w = ops.convert_to_tensor(w)
        return w / (configuration.epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """The lengths of vectors along `axis` are moved towards the range min_value to max_value.

    Args:
        min_value: the smallest length.
        max_value: the largest length.
        rate: share of the distance that they are moved in one step, from 0 to 1.
        axis: the axis or axes of a vector.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight, changed to fulfil the condition."""
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        within = ops.clip(norms, self.min_value, self.max_value)
        target = self.rate * within + (1 - self.rate) * norms
        return w * (target / (configuration.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
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
    """The config of the constraint."""
    return serialize_keras_object(constraint)


__getattr__ = keras_names.missing_in(__name__)
