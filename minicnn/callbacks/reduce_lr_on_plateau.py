"""`ReduceLROnPlateau`: reduces the learning rate of a training without progress."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minicnn.callbacks.callback import Logs
from minicnn.callbacks.learning_rates import learning_rate, log_learning_rates, named_optimizers
from minicnn.callbacks.monitor_callback import MonitorCallback
from minicnn.common.printing import print_msg


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a value has stopped improving.

    Args:
        monitor: name in the logs.
        factor: less than 1.
        patience: epochs without improvement to wait for.
        verbose: 1 to print a message.
        mode: "min", "max" or "auto".
        min_delta: a change by less is no improvement.
        cooldown: number of epochs after a reduction that are not counted.
        min_lr: lower bound of the learning rate.

    Raises:
        ValueError: `factor >= 1`.

    Example:
        >>> import minicnn as keras
        >>> reduce = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=5, min_lr=1e-4)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}"
            )
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._reset()

    def _reset(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state."""
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Checks the value, and logs the learning rate."""
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = {} if logs is None else logs
        log_learning_rates(self.model.optimizer, logs)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not "
                f"available. Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self._count_epoch_without_improvement(epoch)

    def _count_epoch_without_improvement(self, epoch: int) -> None:
        self.wait += 1
        if self.wait < self.patience:
            return
        optimizers = named_optimizers(self.model.optimizer)
        reduced = [self._reduce(optimizer, epoch, name) for name, optimizer in optimizers]
        if any(reduced):
            self.cooldown_counter = self.cooldown
            self.wait = 0

    def _reduce(self, optimizer: Any, epoch: int, name: str) -> bool:
        rate = learning_rate(optimizer)
        if rate <= np.float32(self.min_lr):
            return False
        optimizer.learning_rate = rate = max(rate * self.factor, self.min_lr)
        if self.verbose > 0:
            whose = f" {name}" if name else ""
            print_msg(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{whose} learning rate to {rate}."
            )
        return True

    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that epochs are not counted."""
        return self.cooldown_counter > 0
