"""Initializers that are not random."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.autodiff import Tensor
from minicnn.common.dtypes import standardize_dtype
from minicnn.initializers.initializer import Initializer


class Constant(Initializer):
    """Every element is `value`; an array of values is broadcast to the shape."""

    def __init__(self, value: Any = 0.0):
        self.value = value

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return ops.full(tuple(shape), self.value, dtype=standardize_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from minicnn.serialization import serialization_lib

        return {"value": serialization_lib.serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constant:
        """Makes an initializer from its config."""
        from minicnn.serialization import serialization_lib

        return cls(serialization_lib.deserialize_keras_object(config["value"]))


class Zeros(Initializer):
    """Every element is 0."""

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return ops.zeros(tuple(shape), dtype=standardize_dtype(dtype))


class Ones(Initializer):
    """Every element is 1."""

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return ops.ones(tuple(shape), dtype=standardize_dtype(dtype))


class Identity(Initializer):
    """`gain` on the diagonal and 0 elsewhere; for matrices only."""

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={tuple(shape)} of rank {len(shape)}."
            )
        return ops.eye(*shape, dtype=standardize_dtype(dtype)) * self.gain

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"gain": self.gain}
