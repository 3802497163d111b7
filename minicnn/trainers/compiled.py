"""What `compile` fixes: optimizer, losses and metrics, and the values that come out of them."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from minicnn import ops, optimizers
from minicnn.common import configuration, dtypes
from minicnn.common.build_once import all_or_nothing
from minicnn.common.warn_once import warn_once
from minicnn.metrics import Mean, Metric
from minicnn.trainers.build_model import build_symbolically
from minicnn.trainers.checks import check_loss
from minicnn.trainers.compile_utils import CompileLoss, CompileMetrics, check_identifiers
from minicnn.trainers.compile_utils.compile_metrics import check_result
from minicnn.trainers.logs import now_or_later


class Compiled:
    """The part of `Trainer` that knows what to minimize and what to measure."""

    def __init__(self):
        self.compiled = False
        self.loss = None
        self.run_eagerly = False
        self.jit_compile = False
        self.steps_per_execution = 1
        self.stop_training = False
        self._initial_epoch = None  # callbacks may set it in `on_train_begin`
        self._compile_loss: CompileLoss | None = None
        self._compile_metrics: CompileMetrics | None = None
        self._loss_tracker: Mean | None = None
        self._compute_loss_has_training_arg = (
            "training" in inspect.signature(self.compute_loss).parameters
        )

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how to train.

        What is left out stays as it was if the model was compiled before: losses without `loss`,
        metrics without `metrics` and `weighted_metrics`.

        Args:
            optimizer: name or object.
            loss: name, function `loss(y_true, y_pred)` or object; for several outputs one for
                all, or a list or dict of them, None for outputs without a loss.
            loss_weights: a float, or a list or dict of factors of the losses in their sum.
            metrics: list of names, functions or objects; for several outputs a list or dict with
                a metric or a list of metrics for each. "accuracy" is the binary, the categorical
                or the sparse one, by the shapes of targets and outputs.
            weighted_metrics: the same, for metrics that sample weights apply to.
            run_eagerly: whether every step is executed normally. By default, a step is replayed
                from its recorded kernel calls where possible, with the same results (see
                `minicnn/replay`).
            steps_per_execution: batches between two calls of the callbacks.
            jit_compile: accepted without effect; the kernels are compiled in any case.
            auto_scale_loss: whether the optimizer of a "mixed_float16" model is wrapped in a
                `LossScaleOptimizer`.

        Raises:
            ValueError: unknown names, or losses, weights and metrics of the wrong kind.
        """
        with all_or_nothing(self):
            check_identifiers(loss, metrics, weighted_metrics)
            _check_steps(steps_per_execution)
            optimizer = optimizers.get(optimizer)
            output_names = getattr(self, "output_names", None)
            if loss is not None:
                self._compile_loss = CompileLoss(loss, loss_weights, output_names=output_names)
                self.loss = loss
            if metrics is not None or weighted_metrics is not None:
                self._compile_metrics = CompileMetrics(
                    metrics, weighted_metrics, output_names=output_names
                )
            self.optimizer = self._scaling(optimizer) if auto_scale_loss else optimizer
            self.run_eagerly = run_eagerly
            self.jit_compile = bool(jit_compile) and jit_compile != "auto"
            self.steps_per_execution = steps_per_execution
            self.stop_training = False
            self._loss_tracker = Mean(name="loss")
            self.compiled = True
            self._compile_config = {
                "optimizer": optimizer,
                "loss": loss,
                "loss_weights": loss_weights,
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
                "run_eagerly": run_eagerly,
                "steps_per_execution": steps_per_execution,
                "jit_compile": self.jit_compile,
            }

    def _scaling(self, optimizer: Any) -> Any:
        """An optimizer that scales the loss, if the model computes in float16."""
        scales = optimizer is None or isinstance(optimizer, optimizers.LossScaleOptimizer)
        if scales or self.dtype_policy.name != "mixed_float16":
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` for a file; nothing if the model is not compiled."""
        from minicnn.serialization import serialization_lib

        if not self.compiled or not hasattr(self, "_compile_config"):
            return {}
        return serialization_lib.serialize_keras_object(self._compile_config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as `get_compile_config` says."""
        from minicnn.serialization import serialization_lib

        if type(self).compile is not Compiled.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's "
                f"`compile()` method is custom. In {type(self).__name__}, override "
                "`get_compile_config()` and `compile_from_config(config)` too, or call `compile()` "
                "after loading.",
                stacklevel=2,
            )
            return
        self.compile(**serialization_lib.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _assert_compile_called(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"You must call `compile()` before calling `{method}()`: model {self.name!r} does "
                "not know its loss and optimizer. For example: "
                "`model.compile(optimizer='adam', loss='mse')`."
            )

    @property
    def metrics(self) -> list[Metric]:
        """Mean loss, metrics of `compile`, single losses, then those in attributes and layers."""
        found: list[Metric] = []
        if self.compiled:
            own = (self._loss_tracker, self._compile_metrics)
            found += [metric for metric in own if metric is not None]
            if self._compile_loss is not None:
                found += self._compile_loss.metrics
        found += self._owned(Metric)
        for layer in self._flatten_layers(include_self=False):
            if not isinstance(layer, Compiled):  # a model inside has metrics for its own training
                found += layer._owned(Metric)
        return list({id(metric): metric for metric in found}.values())

    @property
    def metrics_names(self) -> list[str]:
        """Their names; those of `compile` are one metric together."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Begins again with all metrics."""
        for metric in self.metrics:
            metric.reset_state()

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The scalar that training minimizes; a model may override it.

        It is the sum of the losses of `compile`, of what layers gave to `add_loss`, and of the
        penalties of regularizers.

        Raises:
            ValueError: no loss at all, or a loss but no targets.
        """
        losses = []
        if self._compile_loss is not None:
            if y is None:
                raise ValueError(
                    f"Model {self.name!r} was compiled with a loss, but there are no targets to "
                    "compare its outputs with: `y` is None. Pass `y`, or a data set that gives "
                    "`(x, y)`."
                )
            if y_pred is None:
                raise ValueError(
                    f"Model {self.name!r} returned None, so there is nothing to compare the "
                    "targets with. Is a `return` missing in its `call`?"
                )
            loss = self._compile_loss(y, y_pred, sample_weight)
            losses += [] if loss is None else [loss]
        losses += [self._aggregate_additional_loss(loss) for loss in self.losses]
        if not losses:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`, or call `add_loss` "
                f"in a layer of model {self.name!r}."
            )
        return sum(losses[1:], losses[0])

    def _compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """`compute_loss`, which may have been overridden without `training`."""
        own = {"training": training} if self._compute_loss_has_training_arg else {}
        loss = self.compute_loss(x, y, y_pred, sample_weight, **own)
        check_loss(self, loss)
        return loss

    def compiled_loss(
        self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """`compute_loss`, by the name that it had in Keras 2."""
        warn_once(
            "compiled_loss",
            "`model.compiled_loss(y, y_pred)` is of Keras 2. Write `model.compute_loss(x, y, "
            "y_pred, sample_weight)` instead, which adds the penalties of regularizers itself.",
        )
        return self.compute_loss(None, y, y_pred, sample_weight)

    @property
    def compiled_metrics(self) -> _CompiledMetrics:
        """The metrics of `compile` together, by the name that they had in Keras 2."""
        return _CompiledMetrics(self)

    def _aggregate_additional_loss(self, loss: Any) -> Any:
        if not dtypes.is_float_dtype(dtypes.standardize_dtype(loss.dtype)):
            loss = ops.cast(loss, configuration.floatx())
        return ops.sum(loss)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Counts a batch in the metrics of `compile` and returns all results, by name.

        A model may override it, to count the batch in metrics of its own too.
        """
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return now_or_later(self.get_metrics_result)  # loops do not read all logs

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics, by name."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            if isinstance(metric, CompileMetrics) and not metric.built:
                continue  # a step of one's own need not use the metrics of `compile`
            result = metric.result()
            check_result(metric, result)
            results.update(result if isinstance(result, dict) else {metric.name: result})
        return results

    def _get_metrics_result_or_logs(self, logs: dict[str, Any] | Callable) -> dict[str, Any]:
        """The results of the metrics, unless a user's step returned something else."""
        results = self.get_metrics_result()
        return results if callable(logs) or set(logs) == set(results) else logs

    def _flatten_metrics_in_order(self, logs: dict[str, Any]) -> Any:
        """Logs as a list in the order of the metrics, what else there is at the end by name."""
        names: list[str] = []
        for metric in self.metrics:
            inner = metric.metrics if isinstance(metric, CompileMetrics) else [metric]
            names += [each.name for each in inner]
        values = [logs[name] for name in names if name in logs]
        values += [logs[name] for name in sorted(logs) if name not in names]
        return values[0] if len(values) == 1 else values

    def _symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Builds layers, losses, metrics and optimizer for data of this kind."""
        if data_batch is None:
            data_batch = next(iter(iterator))[2][0]
        build_symbolically(self, data_batch)


class _CompiledMetrics:
    """What Keras 2 called `model.compiled_metrics`."""

    def __init__(self, trainer: Compiled):
        self._trainer = trainer

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch in the metrics of `compile`."""
        warn_once(
            "compiled_metrics",
            "`model.compiled_metrics.update_state(y, y_pred)` is of Keras 2. Write "
            "`model.compute_metrics(x, y, y_pred, sample_weight)` instead, which counts the batch "
            "and returns the results.",
        )
        metrics = self._trainer._compile_metrics
        if metrics is not None:
            metrics.update_state(y, y_pred, sample_weight)

    @property
    def metrics(self) -> list[Metric]:
        """The single metrics."""
        compiled = self._trainer._compile_metrics
        return [] if compiled is None else compiled.metrics


def _check_steps(steps_per_execution: Any) -> None:
    if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
        raise ValueError(
            "`steps_per_execution` must be a whole number from 1. "
            f"Received: steps_per_execution={steps_per_execution}"
        )
