"""What all schedules are."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.errors import make_from_config


class LearningRateSchedule:
    """A function from the number of steps taken to a learning rate.

    A subclass defines `__call__(step)`, and `get_config()` to be saved.

    Example:
        >>> import minicnn as keras
        >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5 ** float(step)
        >>> optimizer = keras.optimizers.SGD(learning_rate=Halving())
        >>> optimizer.learning_rate
        0.1
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate after so many steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' does not say what the rate is: "
            "define `__call__(self, step)` in it."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' does not say what it is made of: "
            "define `get_config()` in it, so that it can be saved."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """The schedule that `get_config` described."""
        return make_from_config(cls, config)


class FormulaSchedule(LearningRateSchedule):
    """A schedule given by a formula, computed in float64."""

    def __call__(self, step: Any) -> Any:
        """The learning rate after so many steps, a tensor; an array of steps gives an array."""
        rate = self.rate(np.asarray(step, dtype="float64"))
        return ops.convert_to_tensor(np.asarray(rate), dtype=configuration.floatx())

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        raise NotImplementedError


def check_positive(name: str, value: Any) -> None:
    """Refuse a period of no or negative length."""
    if value <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
