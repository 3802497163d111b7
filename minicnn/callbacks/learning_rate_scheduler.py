"""`LearningRateScheduler`: sets the learning rate of each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.callbacks.callback import Callback, Logs
from minicnn.callbacks.learning_rates import learning_rate, log_learning_rates, named_optimizers
from minicnn.common.dtypes import is_real_float
from minicnn.common.printing import print_msg


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch, and logs it at the end.

    Args:
        schedule: function of the epoch (from 0) and the learning rate so far, or of the epoch
            alone, that returns the new learning rate, a float.
        verbose: 1 to print a message.

    Raises:
        ValueError: (in training) a schedule that returns something else.
        TypeError: (in training) an optimizer that already follows a `LearningRateSchedule`.

    Example:
        >>> import minicnn as keras
        >>> halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Sets the learning rate."""
        for name, optimizer in named_optimizers(self.model.optimizer):
            rate = learning_rate(optimizer)
            rate = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
            optimizer.learning_rate = _checked(rate)
            if self.verbose > 0:
                whose = f"{name} " if name else ""
                print_msg(
                    f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose}learning rate "
                    f"to {rate}."
                )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Logs the learning rate."""
        log_learning_rates(self.model.optimizer, {} if logs is None else logs)


def _takes_two(schedule: Callable) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a function written in C without a signature
        return True
    return True


def _checked(rate: Any) -> float:
    is_scalar = hasattr(rate, "shape") and tuple(rate.shape) == ()
    if isinstance(rate, float) or (is_scalar and is_real_float(np.asarray(rate).dtype)):
        return float(rate)
    raise ValueError(
        "The output of the `schedule` function should be a float. "
        f"Got: {rate} of type {type(rate).__name__}"
    )
