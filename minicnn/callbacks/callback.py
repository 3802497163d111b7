"""`Callback`, the base of all callbacks."""

from __future__ import annotations

from typing import Any

from minicnn.common.python_utils import default

Logs = dict[str, Any] | None


class Callback:
    """Methods that `fit`, `evaluate` and `predict` call; a subclass overrides some of them.

    `logs` is a dict of floats: the running means of loss and metrics over the epoch so far. At
    the end of an epoch those of the validation are there as well, under `val_` and the name.
    `batch` is the number of the step in the epoch, from 0; with `steps_per_execution=n` in
    `compile`, the methods for batches are called for every n-th.

    Attributes:
        model: the model that is trained.
        params: a dict with `verbose`, `epochs` and `steps`.

    Example:
        >>> class Watch(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         if logs["loss"] < 0.1:
        ...             self.model.stop_training = True
    """

    params: dict[str, Any] | None = None
    _model: Any = None

    def __init__(self):
        self.params = None
        self._model = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Called first, with arguments of `fit`."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called first, with the model."""
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    @default
    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The older name of `on_train_batch_begin`."""

    @default
    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The older name of `on_train_batch_end`."""

    @default
    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called at the beginning of an epoch of `fit`."""

    @default
    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called at the end of an epoch of `fit`, after its validation."""

    @default
    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a step of `fit`."""
        self.on_batch_begin(batch, logs=logs)

    @default
    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a step of `fit`."""
        self.on_batch_end(batch, logs=logs)

    @default
    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a step of `evaluate`, in the validation of `fit` too."""

    @default
    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a step of `evaluate`, in the validation of `fit` too."""

    @default
    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a step of `predict`."""

    @default
    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a step of `predict`, with its `outputs` in the logs."""

    @default
    def on_train_begin(self, logs: Logs = None) -> None:
        """Called at the beginning of `fit`."""

    @default
    def on_train_end(self, logs: Logs = None) -> None:
        """Called at the end of `fit`, unless it ends with an exception."""

    @default
    def on_test_begin(self, logs: Logs = None) -> None:
        """Called at the beginning of `evaluate`, in the validation of `fit` too."""

    @default
    def on_test_end(self, logs: Logs = None) -> None:
        """Called at the end of `evaluate`, in the validation of `fit` too."""

    @default
    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called at the beginning of `predict`."""

    @default
    def on_predict_end(self, logs: Logs = None) -> None:
        """Called at the end of `predict`."""
