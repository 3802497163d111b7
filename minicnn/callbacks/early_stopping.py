"""`EarlyStopping`: stops a training without progress."""

from __future__ import annotations

import warnings

from minicnn.callbacks.callback import Logs
from minicnn.callbacks.monitor_callback import MonitorCallback
from minicnn.common.printing import print_msg


class EarlyStopping(MonitorCallback):
    """Stops training when a value has not improved for `patience` epochs.

    Args:
        monitor: name in the logs.
        min_delta: a change by less is no improvement.
        patience: epochs without improvement to wait for.
        verbose: 1 to print a message.
        mode: "min", "max" or "auto".
        baseline: epochs that do not improve on this value count as without improvement.
        restore_best_weights: whether to restore the weights of the best epoch at the end.
        start_from_epoch: number of first epochs to ignore.

    Example:
        >>> import minicnn as keras
        >>> stop = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state."""
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Checks the value."""
        if self.monitor_op is None:
            self._set_monitor_op()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self._store_best(epoch)
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _store_best(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs = None) -> None:
        """With `restore_best_weights`, restores the best weights."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print_msg(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is None:
            return
        if self.verbose > 0:
            print_msg(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
        self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs) -> float | None:
        """The monitored value; a warning and None if it is not in the logs."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs or {})}",
                stacklevel=2,
            )
        return value
