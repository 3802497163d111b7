"""`BackupAndRestore`: continues a training after a crash."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any

from minicnn.autodiff.temporary_values import rolled_back
from minicnn.callbacks.backup_archive import Backup, read_backup, write_backup
from minicnn.callbacks.callback import Callback, Logs
from minicnn.callbacks.save_frequency import BatchCounter
from minicnn.common.atomic import remove_abandoned
from minicnn.random.state import set_random_state

_OF_OTHERS = ("latest.weights.h5", "training_metadata.json")


class BackupAndRestore(Callback):
    """Saves the state of a training in a folder, from which the same `fit` can continue.

    Weights, optimizer, metrics, the random numbers of layers, of shuffling, of Python and NumPy,
    and the position in the data are in one file, which replaces the one before in one step. So a
    training that was killed at any moment ends with the same weights, bit for bit, as one that was
    not. The state of other callbacks and of a data set itself is not saved.

    The model must be built before `fit`.

    Args:
        backup_dir: a folder for this purpose only.
        save_freq: "epoch", a number of batches, or False for never.
        double_checkpoint: whether to keep the state before the last one as well, in case the last
            one cannot be read.
        delete_checkpoint: whether to remove the files when `fit` ends.

    Raises:
        ValueError: no folder, another `save_freq`; (in training) a model that is not built, or a
            folder whose content is no backup of this training.
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
        self._latest = Path(self.backup_dir, "latest.backup")
        self._previous = Path(self.backup_dir, "previous.backup")
        self._batches = BatchCounter(save_freq)
        self._epoch = 0
        self._training: Any = None
        self._validation: Any = None
        # Not a method of the class: for that logs would be computed after every batch.
        if save_freq and save_freq != "epoch":
            self.on_train_batch_end = self._after_batch

    def set_data(self, training: Any, validation: Any) -> None:
        """Called before `on_train_begin`, with the batches to train and to validate on."""
        self._training, self._validation = training, validation
        training.keeps_position = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Restores the saved state, if there is one."""
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                f"`fit()`. Model {self.model.name!r} is unbuilt. Give it an `Input`, or call it on "
                "a batch of data."
            )
        reasons = []
        for path in (self._latest, self._previous):
            if not path.exists():
                continue
            try:
                self._restore(read_backup(path, (self.params or {}).get("epochs")))
            except (ValueError, OSError) as error:
                reasons.append(f"{path.name}: {error}")
                continue
            if reasons:
                warnings.warn(
                    f"The last backup in {self.backup_dir} cannot be used ({reasons[0]}). The "
                    "training continues from the one before.",
                    stacklevel=2,
                )
            return
        self._refuse(reasons)

    def _refuse(self, reasons: list[str]) -> None:
        """Raises if the folder has files, but none to continue from."""
        others = [name for name in _OF_OTHERS if Path(self.backup_dir, name).exists()]
        if others and not reasons:
            reasons = [
                f"{' and '.join(others)}: Keras, or an older minicnn, has written this. With "
                "`model.load_weights` and `initial_epoch` a training can continue from it"
            ]
        if reasons:
            raise ValueError(
                f"The backup in {self.backup_dir} cannot be used. {'; '.join(reasons)}. To begin "
                "anew, remove the folder or choose another one."
            )

    def _restore(self, backup: Backup) -> None:
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        metadata = backup.metadata
        own = self.model._state_by_owner()
        variables = [*own["model"], *own["optimizers"]]
        values = [*backup.arrays("model", own["model"])]
        values += backup.arrays("optimizers", own["optimizers"])
        with rolled_back(variables):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            self._training.resume(metadata, lambda batch: self._restore_metrics(backup, batch))
        if self._validation is not None:
            self._validation.resume({"taken": metadata["validation_taken"], "batch": 0})
        self._batches.last_batch = metadata["batch"] - 1
        self.model._initial_epoch = metadata["epoch"]
        set_random_state(metadata["random"])  # maybe no epoch follows that would do it

    def _restore_metrics(self, backup: Backup, batch: Any) -> None:
        """In the middle of an epoch, restores the metrics, made by a first batch if need be."""
        if not backup.metadata["batch"]:
            return
        saved = backup.metadata["variables"]["metrics"]
        if len(self.model._state_by_owner()["metrics"]) < len(saved):
            self.model._symbolic_build(data_batch=batch)
        metrics = self.model._state_by_owner()["metrics"]
        for variable, value in zip(metrics, backup.arrays("metrics", metrics), strict=True):
            variable.assign(value)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Stores the number of the epoch."""
        self._epoch = epoch

    def _after_batch(self, batch: int, logs: Logs = None) -> None:
        if self._batches.is_due(batch):
            self._save(self._epoch, epoch_is_over=False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves if `save_freq` is "epoch"."""
        if self.save_freq == "epoch":
            self._save(epoch + 1, epoch_is_over=True)

    def _save(self, epoch: int, epoch_is_over: bool) -> None:
        Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        validation = {"taken": 0}
        if self._validation is not None:
            validation = self._validation.position(epoch_is_over=True)
        metadata = {
            "epoch": epoch,
            **self._training.position(epoch_is_over),
            "validation_taken": validation["taken"],
        }
        previous = self._previous if self.double_checkpoint else None
        write_backup(self._latest, metadata, self.model._state_by_owner(), previous)

    def on_train_end(self, logs: Logs = None) -> None:
        """With `delete_checkpoint`, removes the files, and the folder if it is empty."""
        if not self.delete_checkpoint:
            return
        for path in (self._latest, self._previous):
            remove_abandoned(path)
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            Path(self.backup_dir).rmdir()
