"""`Trainer`: fit, evaluate and predict, for any layer."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

from minicnn.autodiff import Variable
from minicnn.autodiff.temporary_values import rolled_back
from minicnn.callbacks import CallbackList, History
from minicnn.common import configuration
from minicnn.common.python_utils import pythonify_logs
from minicnn.trainers.all_or_nothing import state_by_owner
from minicnn.trainers.batch import as_tensors, check_counts
from minicnn.trainers.build_model import build_for_any_batch_size
from minicnn.trainers.checks import seem_finite
from minicnn.trainers.data_adapters.array_slicing import train_validation_split
from minicnn.trainers.data_adapters.data_adapter_utils import unpack_x_y_sample_weight
from minicnn.trainers.epoch_iterator import EpochIterator
from minicnn.trainers.prediction import Predictions
from minicnn.trainers.steps import Steps


class Trainer(Steps):
    """Training for whatever is a layer: `class Net(Trainer, Layer)`; every `Model` has it.

    A subclass may override the steps (`train_step`, `test_step`, `predict_step`), `compute_loss`
    and `compute_metrics`.

    A training step happens as a whole or not at all: if anything raises an exception in it,
    Ctrl-C included, all weights, and the optimizer's state, are again what they were before it.
    """

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
    ) -> History:
        """Trains the model.

        Args:
            x: an array `(samples, ...)`, a list or dict of arrays for several inputs, a pandas
                table; or a source of batches: a `PyDataset`, a `data.Dataset`, a generator of
                `(x, y)` or `(x, y, sample_weight)`, another iterable of batches.
            y: the targets, arrays like `x`; None if `x` is a source of batches.
            batch_size: samples in a step, 32 by default; not for sources of batches.
            epochs: the number of the last epoch.
            verbose: 0 for silence, 1 (or "auto") for a progress line, 2 for a line an epoch.
            callbacks: list of `Callback` objects.
            validation_split: fraction of the samples, the last ones before shuffling, to
                validate on instead of training; arrays only.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or a source of batches to validate
                on after each epoch.
            shuffle: whether to take the samples in another order in each epoch; "batch" for
                another order inside each batch only.
            class_weight: class index to weight in the loss.
            sample_weight: weights of the samples in the loss, `(samples,)`; for several outputs
                a structure like `y`.
            initial_epoch: number of the first epoch, to go on with an earlier training.
            steps_per_epoch: steps in an epoch, by default all there is. An endless source needs
                it (or a callback that sets `model.stop_training`).
            validation_steps: batches to validate on, by default all there are.
            validation_batch_size: by default `batch_size`.
            validation_freq: validate after every so many epochs, or after the epochs in a list.

        Returns:
            The `History`, whose attribute `history` holds the logs of all epochs.

        Raises:
            ValueError: a model that is not compiled, data that do not fit together or are empty.
        """
        self._assert_compile_called("fit")
        check_counts(
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
        )
        epochs = _capped_epochs(epochs)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        training = EpochIterator(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
            steps_per_execution=self.steps_per_execution,
        )
        training.warn_of_no_numbers()
        validation = None
        if validation_data is not None:
            validation = EpochIterator(
                *unpack_x_y_sample_weight(validation_data),
                batch_size=validation_batch_size or batch_size,
                steps_per_epoch=validation_steps,
                steps_per_execution=self.steps_per_execution,
            )
            validation.warn_of_no_numbers()
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=epochs,
                steps=training.num_batches,
                model=self,
            )
        with contextlib.closing(training), contextlib.closing(validation or training):
            self._run_epochs(
                training, validation, callbacks, initial_epoch, epochs, validation_freq
            )
        return self.history

    def _run_epochs(
        self,
        training: EpochIterator,
        validation: EpochIterator | None,
        callbacks: CallbackList,
        initial_epoch: int,
        epochs: int,
        validation_freq: Any,
    ) -> None:
        logs: dict[str, Any] = {}
        self.stop_training = False
        self._initial_epoch = None
        callbacks.set_data(training, validation)
        callbacks.on_train_begin()
        first_epoch = initial_epoch if self._initial_epoch is None else self._initial_epoch
        for epoch in range(first_epoch, epochs):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            some, logs = self._train_epoch(training, callbacks)
            if not some and epoch > first_epoch:
                _warn_of_exhausted_source(epoch, epochs)
                break
            if validation is not None and _is_due(epoch, validation_freq):
                # A callback may have swapped the weights for others when it is interrupted.
                with rolled_back(self.variables):
                    validation_logs = self._evaluate(validation, callbacks)
                if not validation_logs:
                    _warn_of_exhausted_validation(epoch)
                logs |= {f"val_{name}": value for name, value in validation_logs.items()}
            callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if self.optimizer is not None and epochs > 0 and self.optimizer.built:
            self.optimizer.finalize_variable_values(self.trainable_weights)
        callbacks.on_train_end(logs)

    def _train_epoch(
        self, training: EpochIterator, callbacks: CallbackList
    ) -> tuple[bool, dict[str, Any]]:
        """Whether there was a step, and the logs of the epoch."""
        logs: Any = {}
        some = False
        may_change = _may_change(callbacks, "train", training)
        steps = contextlib.closing(training.enumerate_epoch())
        with steps as steps, self._step("train_step", may_change) as train_step:
            for begin, end, batches in steps:
                if not some:
                    build_for_any_batch_size(self, batches[0])
                some = True
                callbacks.on_train_batch_begin(begin)
                for batch in batches:
                    logs = train_step(as_tensors(batch))
                callbacks.on_train_batch_end(end, logs)
                if self.stop_training:
                    break
            if not some and training.steps_done:  # all of them before training was interrupted
                some, logs = True, self.get_metrics_result
            return some, pythonify_logs(self._get_metrics_result_or_logs(logs))

    def _state_by_owner(self) -> dict[str, list[Variable]]:
        """All variables that training changes, under "model", "metrics" and "optimizers"."""
        return state_by_owner(self)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics on some data.

        Args:
            x: as for `fit`.
            y: as for `fit`.
            batch_size: samples in a step, 32 by default.
            verbose: 0 for silence, 1 (or "auto") for a progress line, 2 for one line at the end.
            sample_weight: as for `fit`.
            steps: batches to look at, by default all there are.
            callbacks: list of `Callback` objects.
            return_dict: whether to return a dict by name instead of a list.

        Returns:
            The loss, or a list of the loss and the metrics.

        Raises:
            ValueError: a model that is not compiled, data that do not fit together or are empty.
        """
        self._assert_compile_called("evaluate")
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        check_counts(batch_size=batch_size, steps=steps)
        batches = EpochIterator(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps_per_epoch=steps,
            steps_per_execution=self.steps_per_execution,
        )
        batches.warn_of_no_numbers()
        with contextlib.closing(batches):
            logs = self._evaluate(batches, self._callbacks(callbacks, verbose, batches))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def _evaluate(self, batches: EpochIterator, callbacks: CallbackList) -> dict[str, float]:
        logs: Any = {}
        self.stop_evaluating = False
        callbacks.on_test_begin()
        may_change = _may_change(callbacks, "test", batches)
        steps = contextlib.closing(batches.enumerate_epoch())
        with steps as steps, self._step("test_step", may_change) as test_step:
            self.reset_metrics()
            for begin, end, some_batches in steps:
                callbacks.on_test_batch_begin(begin)
                for batch in some_batches:
                    logs = test_step(as_tensors(batch))
                callbacks.on_test_batch_end(end, logs)
                if self.stop_evaluating:
                    break
            logs = pythonify_logs(self._get_metrics_result_or_logs(logs))
        batches.begin_again()
        callbacks.on_test_end(logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs for some inputs, as NumPy arrays.

        Args:
            x: as for `fit`; of batches with targets, these are left out.
            batch_size: samples in a step, 32 by default.
            verbose: 0 for silence, 1 (or "auto") for a progress line, 2 for one line at the end.
            steps: batches to look at, by default all there are.
            callbacks: list of `Callback` objects.

        Raises:
            ValueError: data that are empty, or of another shape than the model takes.
        """
        check_counts(batch_size=batch_size, steps=steps)
        batches = EpochIterator(
            x,
            batch_size=batch_size,
            steps_per_epoch=steps,
            steps_per_execution=self.steps_per_execution,
        )
        callbacks = self._callbacks(callbacks, verbose, batches)
        predictions = Predictions()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        may_change = _may_change(callbacks, "predict", batches)
        epoch = contextlib.closing(batches.enumerate_epoch())
        step = self._step("predict_step", may_change)
        with contextlib.closing(batches), epoch as epoch_steps, step as predict_step:
            for begin, end, some_batches in epoch_steps:
                callbacks.on_predict_batch_begin(begin)
                for batch in some_batches:
                    predictions.add(predict_step(as_tensors(batch)))
                callbacks.on_predict_batch_end(end, predictions.last)
                if self.stop_predicting:
                    break
        callbacks.on_predict_end()
        outputs = predictions.joined()
        if not seem_finite(outputs):
            batches.warn_of_no_numbers()
        return outputs

    def _callbacks(
        self, callbacks: Any, verbose: int | str, batches: EpochIterator
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=batches.num_batches,
            model=self,
        )


def _may_change(callbacks: CallbackList, loop: str, batches: EpochIterator) -> bool:
    """Whether other code may run between two batches of a loop, and change the model."""
    return callbacks.run_between_batches(loop) or not batches.is_array_data


def _capped_epochs(epochs: int) -> int:
    """At most `config.max_epochs()`, which is for trying programs out."""
    most = configuration.max_epochs()
    if not most or epochs <= most:
        return epochs
    warnings.warn(f"Limiting epochs to {most}", stacklevel=3)
    return most


def _is_due(epoch: int, validation_freq: Any) -> bool:
    """Whether to validate after an epoch (counted from 0)."""
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    if isinstance(validation_freq, (list, tuple, set)):
        return epoch + 1 in validation_freq
    raise ValueError(
        "Expected `validation_freq` to be a list or int. Received: "
        f"validation_freq={validation_freq} of the type {type(validation_freq).__name__}."
    )


def _warn_of_exhausted_validation(epoch: int) -> None:
    warnings.warn(
        f"The validation data ran out: there is no validation after epoch {epoch + 1}. A generator "
        "can be read once: use one that never ends together with `validation_steps`, or a "
        "`PyDataset` or arrays.",
        stacklevel=4,
    )


def _warn_of_exhausted_source(epoch: int, epochs: int) -> None:
    warnings.warn(
        f"Your input ran out of data; interrupting training after {epoch} of {epochs} epochs. A "
        "generator can be read once: use one that never ends together with `steps_per_epoch`, or "
        "a `PyDataset` or arrays, which begin again in every epoch.",
        stacklevel=4,
    )
