"""`Initializer`, the base of all initializers."""

from __future__ import annotations

import math
from typing import Any

from minicnn.autodiff import Tensor
from minicnn.common.errors import make_from_config


class Initializer:
    """Computes the first values of a weight from its shape and type.

    A subclass defines `__call__(shape, dtype=None)`, and `get_config()` if it has settings.

    Example:
        >>> import minicnn as keras
        >>> class Halves(keras.initializers.Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return keras.ops.full(shape, 0.5, dtype=dtype)
        >>> keras.layers.Dense(1, kernel_initializer=Halves())(keras.ops.ones((1, 4))).numpy()
        array([[2.]], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define its values: "
            "define `__call__(self, shape, dtype=None)` in it."
        )

    @property
    def repeatable(self) -> bool:
        """Whether every call gives the same values and changes nothing, so that it can wait."""
        return type(self).__module__.startswith("minicnn.initializers.")

    def work(self, shape: tuple[int, ...]) -> int:
        """The time of a call, in multiples of the time of one random number."""
        return math.prod(shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """Makes an initializer from its config."""
        return make_from_config(cls, config)

    def clone(self) -> Initializer:
        """Another initializer with the same settings."""
        return self.from_config(self.get_config())
