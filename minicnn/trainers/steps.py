"""One step of training, testing or predicting, for one batch."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.autodiff import GradientTape
from minicnn.autodiff.quiet import quietly
from minicnn.common.python_utils import pythonify_logs
from minicnn.layers.base.ownership_cache import ownership_cached
from minicnn.replay.remembered import remembered_step
from minicnn.replay.replayed_step import ReplayedStep, may_replay
from minicnn.trainers.all_or_nothing import Transactions, state_variables
from minicnn.trainers.batch import as_tensors, number_of_rows
from minicnn.trainers.checks import check_logs, check_outputs
from minicnn.trainers.compiled import Compiled
from minicnn.trainers.data_adapters.data_adapter_utils import (
    class_weight_to_sample_weights,
    unpack_x_y_sample_weight,
)
from minicnn.trainers.logs import logs_later
from minicnn.trainers.prediction import copied

METHODS = {
    "train_step": ("train_step", "compute_metrics", "get_metrics_result"),
    "test_step": ("test_step", "compute_metrics", "get_metrics_result"),
    "predict_step": ("predict_step",),
}
"""The steps, with the methods called in them that users override as well."""


class Steps(Compiled):
    """The part of `Trainer` that handles a single batch."""

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on one batch.

        Args:
            x: the inputs, `(samples, ...)`.
            y: the targets.
            sample_weight: weights of the samples in the loss.
            class_weight: class index to weight in the loss, instead of `sample_weight`.
            return_dict: whether to return a dict by name instead of a list.

        Returns:
            The loss before the step, or a list of the loss and the metrics.
        """
        self._assert_compile_called("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same "
                    f"time. Received: sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        return self._on_batch("train_step", as_tensors((x, y, sample_weight)), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics on one batch; arguments and result as for `train_on_batch`."""
        self._assert_compile_called("test_on_batch")
        return self._on_batch("test_step", as_tensors((x, y, sample_weight)), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The model's outputs for one batch, as NumPy arrays."""
        with self._step("predict_step") as predict_step:
            return copied(predict_step(as_tensors((x,))))

    def _on_batch(self, method: str, data: Any, return_dict: bool) -> Any:
        with self._step(method) as step:
            self.reset_metrics()
            logs = step(data)
            logs = pythonify_logs(logs() if callable(logs) else logs)
            return logs if return_dict else self._flatten_metrics_in_order(logs)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step: outputs, loss, gradients, update, metrics.

        Args:
            data: a batch, `(x,)`, `(x, y)` or `(x, y, sample_weight)` (see
                `utils.unpack_x_y_sample_weight`).

        Returns:
            Logs: values of the loss and of metrics by name.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled_loss = loss if self.optimizer is None else self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss, sample_weight=number_of_rows(x))
        weights = self.trainable_weights
        if weights:
            gradients = tape.gradient(scaled_loss, weights)
            self.optimizer.apply(gradients, weights)
        else:
            message = f"The model {self.name!r} does not have any trainable weights."
            warnings.warn(message, stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Like `train_step`, without an update."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self._compute_loss(x, y, y_pred, sample_weight, training=False)
        self._loss_tracker.update_state(loss, sample_weight=number_of_rows(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    @contextlib.contextmanager
    def _step(self, method: str, may_change: bool = False) -> Iterator[Callable[[Any], Any]]:
        """What runs each batch: the method, replayed where possible; see `replay/`.

        Args:
            method: the name of the step.
            may_change: whether other code may run between two batches.
        """
        with contextlib.ExitStack() as stack:
            step: Any = None
            if may_replay(self) and self._inherits(method):
                make = functools.partial(self._new_replayed_step, method)
                step = stack.enter_context(remembered_step(self, method, make))
            transactional = method == "train_step"
            run = stack.enter_context(Transactions(self)).run if transactional else quietly
            if step is None:
                stack.enter_context(ownership_cached())
                yield functools.partial(run, self._checked(method))
            else:
                step.run, step.may_change = run, may_change
                yield step

    def _new_replayed_step(self, method: str) -> ReplayedStep:
        variables = functools.partial(state_variables, self)
        return ReplayedStep(self, self._without_logs(method), variables)

    def _without_logs(self, method: str) -> Callable[[Any], Any]:
        """The step method, but logs are a function that computes them, unless users' code does."""
        if method == "predict_step" or not self._inherits(method):
            return self._checked(method)
        return functools.partial(logs_later, getattr(self, method))

    def _checked(self, method: str) -> Callable[[Any], Any]:
        """The step method, which may be a user's; what it returns is checked."""
        step = getattr(self, method)
        users = (name for name in METHODS[method] if not self._is_inherited(name))
        culprit = next(users, method)
        check = check_outputs if method == "predict_step" else check_logs

        def checked(data: Any) -> Any:
            results = step(data)
            check(self, culprit, results)
            return results

        return checked

    def _inherits(self, method: str) -> bool:
        """Whether the step method and what it calls are this library's."""
        return all(map(self._is_inherited, METHODS[method]))

    def _is_inherited(self, method: str) -> bool:
        """Whether neither a subclass nor the object itself has a method of its own."""
        function = getattr(getattr(self, method), "__func__", None)
        return function is getattr(Steps, method)
