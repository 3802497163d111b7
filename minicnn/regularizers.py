"""Regularizers: penalties on weights and outputs, which training adds to the loss."""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops
from minicnn.common import keras_names
from minicnn.common.errors import make_from_config
from minicnn.common.suggest import did_you_mean
from minicnn.serialization.named_objects import NamedObjects, by_name
from minicnn.serialization.serialize import serialize_keras_object


class Regularizer:
    """A function from a tensor to a penalty, a scalar.

    A subclass defines `__call__(x)`, and `get_config()` to be saved. Any function can be used, too.

    Example:
        >>> import minicnn as keras
        >>> regularizer = keras.regularizers.L2(2.0)
        >>> float(regularizer(keras.ops.ones((5, 5))))
        50.0
    """

    def __call__(self, x: Any) -> Any:
        """The penalty for a tensor."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        raise NotImplementedError(
            f"{type(self).__name__} cannot be saved: define `get_config()` in it."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """Makes a regularizer from its config."""
        return make_from_config(cls, config)


class L1L2(Regularizer):
    """`l1 · Σ|x| + l2 · Σx²`."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = validate_float_arg(0.0 if l1 is None else l1, name="l1")
        self.l2 = validate_float_arg(0.0 if l2 is None else l2, name="l2")

    def __call__(self, x: Any) -> Any:
        """The penalty for a tensor."""
        penalty = ops.zeros((), dtype=x.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.absolute(x))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(x))
        return penalty

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """`l1 · Σ|x|`: drives weights to exactly zero."""

    def __init__(self, l1: float = 0.01):
        self.l1 = validate_float_arg(0.01 if l1 is None else l1, name="l1")

    def __call__(self, x: Any) -> Any:
        """The penalty for a tensor."""
        return self.l1 * ops.sum(ops.absolute(x))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l1": self.l1}


class L2(Regularizer):
    """`l2 · Σx²`: keeps weights small."""

    def __init__(self, l2: float = 0.01):
        self.l2 = validate_float_arg(0.01 if l2 is None else l2, name="l2")

    def __call__(self, x: Any) -> Any:
        """The penalty for a tensor."""
        return self.l2 * ops.sum(ops.square(x))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean of |cos(angle)| over all pairs of rows or columns of a matrix.

    Args:
        factor: see above; not negative.
        mode: which vectors are to become orthogonal, `"rows"` or `"columns"`.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = validate_float_arg(factor, name="factor")
        if mode not in ("rows", "columns"):
            hint = did_you_mean(mode, ("rows", "columns"))
            raise ValueError(
                'Invalid value for argument `mode`. Expected one of {"rows", "columns"}. '
                f"Received: mode={mode}" + (f".{hint}" if hint else "")
            )
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        """The penalty for a matrix (rows, columns)."""
        if len(x.shape) != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. "
                f"Received: inputs.shape={tuple(x.shape)}"
            )
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        n = rows.shape[0]
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1 - ops.eye(n, dtype=rows.dtype))
        pairs = n * (n - 1) / 2
        # Every pair occurs twice in the matrix.
        return self.factor * ops.sum(ops.absolute(cosines)) / 2 / pairs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"factor": self.factor, "mode": self.mode}


def validate_float_arg(value: Any, name: str) -> float:
    """The value as a float, if it is a number that is finite and not negative."""
    if isinstance(value, (float, int)) and math.isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(
        f"Invalid value for argument {name}: expected a non-negative float. "
        f"Received: {name}={value}"
    )


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_REGULARIZERS = NamedObjects(
    "regularizer",
    {**by_name((Regularizer, L1, L2, L1L2, OrthogonalRegularizer)), "l1_l2": L1L2},
)
get = _REGULARIZERS.get
deserialize = _REGULARIZERS.deserialize


def serialize(regularizer: Any) -> dict[str, Any]:
    """The config of the regularizer."""
    return serialize_keras_object(regularizer)


__getattr__ = keras_names.missing_in(__name__)
