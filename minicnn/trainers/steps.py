"""One step of training, testing or predicting, for one batch."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from minicnn.autodiff import GradientTape
from minicnn.common.python_utils import pythonify_logs
from minicnn.replay.replayed_step import ReplayedStep
from minicnn.trainers.all_or_nothing import Transactions, state_variables
from minicnn.trainers.batch import as_tensors, number_of_rows
from minicnn.trainers.checks import check_logs, check_outputs
from minicnn.trainers.compiled import Compiled
from minicnn.trainers.data_adapters.data_adapter_utils import (
    class_weight_to_sample_weights,
    unpack_x_y_sample_weight,
)
from minicnn.trainers.prediction import copied

_TRAIN = ("train_step", "compute_metrics")
_TEST = ("test_step", "compute_metrics")


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
        self.reset_metrics()
        with Transactions(self) as transactions:
            logs = transactions.run(self._logging(_TRAIN), as_tensors((x, y, sample_weight)))
        return self._logs_of_batch(logs, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics on one batch; arguments and result as for `train_on_batch`."""
        self._assert_compile_called("test_on_batch")
        self.reset_metrics()
        logs = self._logging(_TEST)(as_tensors((x, y, sample_weight)))
        return self._logs_of_batch(logs, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The model's outputs for one batch, as NumPy arrays."""
        return copied(self._predicting(as_tensors((x,))))

    def _logs_of_batch(self, logs: dict[str, Any], return_dict: bool) -> Any:
        logs = pythonify_logs(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step: outputs, loss, gradients, update, metrics.

        Args:
            data: a batch, `(x,)`, `(x, y)` or `(x, y, sample_weight)` (see
                `utils.unpack_x_y_sample_weight`).

        Returns:
            Logs: values of the loss and of metrics by name.
        """
        return self.compute_metrics(*self._learn(data))

    def test_step(self, data: Any) -> dict[str, Any]:
        """Like `train_step`, without an update."""
        return self.compute_metrics(*self._judge(data))

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def _step(self, kind: str) -> Callable[[Any], dict[str, Any] | None]:
        """The step of a kind; if it is not overridden, one that leaves the results for later.

        Such a step is repeated by heart, where that can be done.
        """
        methods = {
            "train": (*_TRAIN, "get_metrics_result"),
            "test": (*_TEST, "get_metrics_result"),
            "predict": ("predict_step",),
        }[kind]
        if not all(self._is_inherited(name) for name in methods):
            return self._predicting if kind == "predict" else self._logging(methods)
        if kind == "predict":
            return self._repeated(self._predicting)
        if kind == "test":
            return self._repeated(self._judge_and_count)
        gradients = self._repeated(self._gradients_and_count)
        return lambda data: self._apply(gradients(data))

    def _logging(self, methods: tuple[str, ...]) -> Callable[[Any], dict[str, Any]]:
        """A step of one's own, whose result must be logs."""
        step = getattr(self, methods[0])
        own = next((name for name in methods if not self._is_inherited(name)), methods[0])

        def run(data: Any) -> dict[str, Any]:
            logs = step(data)
            check_logs(self, own, logs)
            return logs

        return run

    def _predicting(self, data: Any) -> Any:
        outputs = self.predict_step(data)
        check_outputs(self, outputs)
        return outputs

    def _repeated(self, function: Callable[[Any], Any]) -> ReplayedStep:
        return ReplayedStep(self, function, functools.partial(state_variables, self))

    def _is_inherited(self, method: str) -> bool:
        """Whether neither a subclass nor the object itself has a method of its own."""
        function = getattr(getattr(self, method), "__func__", None)
        return function is getattr(Steps, method)

    def _gradients_and_count(self, data: Any) -> list:
        gradients, *batch = self._gradients(data)
        self._update_metrics(*batch[1:])
        return gradients

    def _judge_and_count(self, data: Any) -> None:
        self._update_metrics(*self._judge(data)[1:])

    def _learn(self, data: Any) -> tuple[Any, Any, Any, Any]:
        gradients, *batch = self._gradients(data)
        self._apply(gradients)
        return tuple(batch)

    def _gradients(self, data: Any) -> tuple[list, Any, Any, Any, Any]:
        """Gradients of the loss to the trainable weights; inputs, labels, outputs, weights."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = loss if self.optimizer is None else self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss, sample_weight=number_of_rows(x))
        return tape.gradient(scaled, self.trainable_weights), x, y, y_pred, sample_weight

    def _apply(self, gradients: list) -> None:
        """Lets the optimizer take a step."""
        if gradients:
            self.optimizer.apply(gradients, self.trainable_weights)
            return
        warnings.warn(f"The model {self.name!r} does not have any trainable weights.", stacklevel=3)

    def _judge(self, data: Any) -> tuple[Any, Any, Any, Any]:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self._compute_loss(x, y, y_pred, sample_weight, training=False)
        self._loss_tracker.update_state(loss, sample_weight=number_of_rows(x))
        return x, y, y_pred, sample_weight
