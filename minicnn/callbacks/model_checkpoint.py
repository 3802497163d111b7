"""`ModelCheckpoint`: saves models during training."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np

from minicnn.callbacks.callback import Logs
from minicnn.callbacks.monitor_callback import MonitorCallback
from minicnn.callbacks.save_frequency import BatchCounter
from minicnn.common.printing import print_msg


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or after a number of batches.

    A file is written under another name and then renamed, so that a complete file exists at any
    time.

    Args:
        filepath: ending in ".keras", or in ".weights.h5" with `save_weights_only`. It may hold
            `{epoch}` (from 1), `{batch}` (from 1, if `save_freq` is a number) and names in the
            logs, with formats: "net.{epoch:02d}-{val_loss:.2f}.keras".
        monitor: name in the logs, for `save_best_only`.
        verbose: 1 to print messages.
        save_best_only: whether to save only when the monitored value is the best so far.
        save_weights_only: whether to save the weights (and the optimizer's state) only.
        mode: "min", "max" or "auto".
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the best value before the first one.

    Raises:
        ValueError: a path with another ending, or another `save_freq`.

    Example:
        >>> import minicnn as keras
        >>> best = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
    """

    def __init__(
        self,
        filepath: str | os.PathLike,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._batches = BatchCounter(save_freq)
        self._current_epoch = 0
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq}. "
                "Expected save_freq are 'epoch' or integer values"
            )
        self._check_ending()
        # Not a method of the class: for that logs would be computed after every batch.
        if save_freq != "epoch":
            self.on_train_batch_end = self._after_batch

    def _check_ending(self) -> None:
        endings = (".weights.h5",) if self.save_weights_only else (".keras", ".h5")
        if self.filepath.endswith(endings):
            return
        what = "the weights alone" if self.save_weights_only else "a whole model"
        raise ValueError(
            f"The filepath of a ModelCheckpoint for {what} (save_weights_only="
            f"{self.save_weights_only}) must end in `{endings[0]}`. "
            f"Received: filepath={self.filepath}"
        )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Stores the number of the epoch."""
        self._current_epoch = epoch

    def _after_batch(self, batch: int, logs: Logs = None) -> None:
        if self._batches.is_due(batch):
            self._save_model(self._current_epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves if `save_freq` is "epoch"."""
        if self.save_freq == "epoch":
            self._save_model(epoch, None, logs or {})

    def _save_model(self, epoch: int, batch: int | None, logs: dict) -> None:
        path = self._path(epoch, batch, logs)
        if not self._should_save(epoch, logs, path):
            return
        if Path(path).is_dir():
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. "
                f"Filepath used is an existing directory: {path}"
            )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        self._print_message(epoch, f"finished saving model to {path}")

    def _path(self, epoch: int, batch: int | None, logs: dict) -> str:
        numbers = (
            {"epoch": epoch + 1} if batch is None else {"epoch": epoch + 1, "batch": batch + 1}
        )
        try:
            return self.filepath.format(**{**numbers, **logs})
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". There is no {error}; '
                f"there are: {', '.join([*numbers, *logs])}."
            ) from error

    def _should_save(self, epoch: int, logs: dict, path: str) -> bool:
        if not self.save_best_only:
            self._print_message(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None or np.ndim(current) > 0:
            warnings.warn(
                f"Can save best model only with {self.monitor} available as a scalar. Received: "
                f"{current}; available are: {','.join(logs)}. The model is saved all the same.",
                stacklevel=2,
            )
            return True
        return self._is_best(epoch, current, path)

    def _is_best(self, epoch: int, current: float, path: str) -> bool:
        if self.monitor_op is None:
            self._set_monitor_op()
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._print_message(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._print_message(
            epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}"
        )
        self.best = current
        return True

    def _print_message(self, epoch: int, message: str) -> None:
        if self.verbose > 0:
            print_msg(f"\nEpoch {epoch + 1}: {message}")
