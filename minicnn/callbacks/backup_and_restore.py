"""A training that goes on after a crash."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from minicnn.callbacks.callback import Callback, Logs
from minicnn.callbacks.save_frequency import BatchCounter


class BackupAndRestore(Callback):
    """Saves weights and epoch in a folder; the same `fit`, begun again, goes on from there.

    The model must be built before `fit`.

    Args:
        backup_dir: a folder for this purpose only.
        save_freq: "epoch", a number of batches, or False for never.
        double_checkpoint: whether to keep the state before the last one as well, in case the last
            one cannot be read.
        delete_checkpoint: whether to remove the folder when `fit` ends.

    Raises:
        ValueError: no folder, another `save_freq`; (in training) a model that is not built.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike,
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError(
                f"Empty `backup_dir` argument passed: {backup_dir!r}. Expected a folder's path."
            )
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Invalid value for argument `save_freq`. Received: save_freq={save_freq}. "
                "Expected either 'epoch' or an integer value."
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._batches = BatchCounter(save_freq)
        self._current_epoch = 0
        self._last_batch_seen = 0
        self._weights_path = str(Path(self.backup_dir, "latest.weights.h5"))
        self._training_metadata_path = str(Path(self.backup_dir, "training_metadata.json"))
        self._prev_weights_path = f"{self._weights_path}.bkp"
        self._prev_training_metadata_path = f"{self._training_metadata_path}.bkp"
        if save_freq and save_freq != "epoch":  # else no logs are needed after every batch
            self.on_train_batch_end = self._after_batch

    def on_train_begin(self, logs: Logs = None) -> None:
        """Puts back what was saved, if there is something."""
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                f"`fit()`. Model {self.model.name!r} is unbuilt. Give it an `Input`, or call it on "
                "a batch of data."
            )
        try:
            self._load_model()
        except (OSError, ValueError):
            if not Path(self._prev_weights_path).exists():
                raise
            self._go_back()
            self._load_model()

    def _load_model(self) -> None:
        if not Path(self._weights_path).exists():
            return
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self._weights_path)
        if Path(self._training_metadata_path).exists():
            metadata = json.loads(Path(self._training_metadata_path).read_text("utf-8"))
            self.model._initial_epoch = metadata["epoch"]

    def _go_back(self) -> None:
        """Replaces the last state by the one before."""
        shutil.copy(self._prev_weights_path, self._weights_path)
        if Path(self._prev_training_metadata_path).exists():
            shutil.copy(self._prev_training_metadata_path, self._training_metadata_path)
        else:
            Path(self._training_metadata_path).unlink(missing_ok=True)

    def _after_batch(self, batch: int, logs: Logs = None) -> None:
        self._last_batch_seen = batch
        if self._batches.is_due(batch):
            self._save_model()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves, if it is time."""
        self._current_epoch = epoch + 1
        self._last_batch_seen = 0
        if self.save_freq == "epoch":
            self._save_model()

    def _save_model(self) -> None:
        Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and Path(self._weights_path).exists():
            shutil.copy(self._weights_path, self._prev_weights_path)
            shutil.copy(self._training_metadata_path, self._prev_training_metadata_path)
        self.model.save_weights(self._weights_path, overwrite=True)
        metadata = {"epoch": self._current_epoch, "batch": self._last_batch_seen}
        new = Path(f"{self._training_metadata_path}.new")
        new.write_text(json.dumps(metadata), "utf-8")
        new.replace(self._training_metadata_path)

    def on_train_end(self, logs: Logs = None) -> None:
        """Removes the folder, if wanted."""
        if self.delete_checkpoint and Path(self.backup_dir).exists():
            shutil.rmtree(self.backup_dir)
