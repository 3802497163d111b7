"""Sums and means over all batches, and metrics that are the mean of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import losses, ops
from minicnn.autodiff import Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.tracing import traced
from minicnn.common import configuration
from minicnn.common.describe import described
from minicnn.common.errors import make_from_config
from minicnn.common.suggest import shown
from minicnn.losses.loss import apply_mask, squeeze_or_expand_to_same_rank
from minicnn.metrics.metric import Metric
from minicnn.serialization import serialization_lib


def reduce_to_samplewise_values(
    values: Any, sample_weight: Any, reduce_fn: Callable, dtype: Any = None
) -> tuple:
    """One weighted value for each sample, and one weight for each sample (or None).

    Values may have more axes than weights; the additional ones are reduced first.
    """
    dtype = dtype or configuration.floatx()
    mask = getattr(values, "_keras_mask", None)
    values = ops.convert_to_tensor(values, dtype=dtype)
    if sample_weight is not None:
        values, sample_weight = _weighted(values, sample_weight, mask, reduce_fn, dtype)
    return _reduce_from(1, values, reduce_fn), sample_weight


def _weighted(values: Any, sample_weight: Any, mask: Any, reduce_fn: Callable, dtype: Any) -> tuple:
    weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    weight = apply_mask(weight, mask, dtype=dtype, reduction="sum")
    values, weight = squeeze_or_expand_to_same_rank(values, weight)
    values = _reduce_from(len(weight.shape), values, reduce_fn)
    rank = len(weight.shape)
    if tuple(weight.shape) != tuple(values.shape):
        weight = ops.broadcast_to(weight, ops.shape(values))
    return values * weight, weight if rank <= 1 else _reduce_from(1, weight, reduce_fn)


def _reduce_from(axis: int, values: Any, reduce_fn: Callable) -> Any:
    rank = len(values.shape)
    return reduce_fn(values, axis=tuple(range(axis, rank))) if rank > axis else values


class Sum(Metric):
    """Weighted sum of all values.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.Sum()
        >>> metric.update_state([1.0, 2.0])
        >>> float(metric([3.0, 4.0], sample_weight=[1.0, 0.5]))
        8.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds a batch."""
        values, _ = reduce_to_samplewise_values(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Any:
        """The sum."""
        return ops.cast(self.total, self.dtype)


class Mean(Metric):
    """Weighted mean of all values; 0 before the first.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.Mean()
        >>> metric.update_state([1.0, 3.0])
        >>> float(metric([5.0]))
        3.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds a batch: numbers, or an array with one row for each sample."""
        with quiet():
            known = _sum_and_count(values, sample_weight, self.dtype)
            if known is not None:
                for variable, amount in zip((self.total, self.count), known, strict=True):
                    variable.assign(Tensor(traced(_added, variable.snapshot().array, amount)))
                return
        values, weight = reduce_to_samplewise_values(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(_samples(values) if weight is None else ops.sum(weight))

    def result(self) -> Any:
        """The mean."""
        return ops.divide_no_nan(self.total, self.count)


def _sum_and_count(values: Any, sample_weight: Any, dtype: str) -> tuple | None:
    """Of what training counts at each step, numbers in float32, without the cost of operations.

    None for everything else.
    """
    if dtype != "float32" or not isinstance(values, Tensor) or values.dtype != np.float32:
        return None
    array = values.array
    if getattr(values, "_keras_mask", None) is not None:
        return None
    if sample_weight is None:
        return traced(_row_means, array)
    if isinstance(sample_weight, (int, float)) and array.ndim == 0:
        return traced(_weighted_sums, array, sample_weight)
    weight = getattr(sample_weight, "array", sample_weight)
    if not isinstance(weight, np.ndarray) or weight.shape != array.shape or array.ndim > 1:
        return None
    return traced(_weighted_sums, array, weight)


def _row_means(values: np.ndarray) -> tuple:
    """The sum of the means of all rows, and their number."""
    rows = values.mean(tuple(range(1, values.ndim))) if values.ndim > 1 else values
    return rows.sum(), np.float32(rows.size)


def _weighted_sums(values: np.ndarray, weight: Any) -> tuple:
    weight = np.asarray(weight, np.float32)
    return (values * weight).sum(), weight.sum()


def _added(total: np.ndarray, amount: np.float32) -> np.ndarray:
    return np.asarray(total + amount)


def _samples(values: Any) -> int:
    """The number of samples; any number where only shapes are computed."""
    return (values.shape[0] or 0) if len(values.shape) else 1


class MeanMetricWrapper(Mean):
    """The mean of `fn(y_true, y_pred, **kwargs)` over all samples.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.MeanMetricWrapper(keras.losses.huber, delta=2.0)
        >>> float(metric([[0.0]], [[3.0]]))
        4.0
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name=name, dtype=dtype)
        if not callable(fn):
            raise TypeError(
                f"`fn` must be a function of labels and predictions. Received: fn={shown(fn)}"
            )
        self._fn = fn
        self._fn_kwargs = kwargs
        if fn in losses.ALL_OBJECTS or type(fn) in losses.ALL_OBJECTS:
            self._direction = "down"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and predictions."""
        mask = getattr(y_pred, "_keras_mask", None)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        if values is None or isinstance(values, (str, dict)):
            raise ValueError(
                f"The function of the metric '{self.name}' returned {described(values)}. Expected "
                "a number for each sample, or one for the batch: is a `return` missing in it?"
            )
        sample_weight = apply_mask(sample_weight, mask, dtype=self.dtype, reduction="sum")
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the function by its name."""
        return {
            **super().get_config(),
            "fn": serialization_lib.serialize_keras_object(self._fn),
            **serialization_lib.serialize_keras_object(self._fn_kwargs),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> MeanMetricWrapper:
        """Makes a metric from its config."""
        if "fn" in config:
            config = serialization_lib.deserialize_keras_object(config)
        return make_from_config(cls, config)


class NamedMetric(MeanMetricWrapper):
    """Base of the library's means: a class for each function, with its settings as attributes."""

    def __init__(self, fn: Callable, name: str | None, dtype: Any, **settings: Any):
        super().__init__(fn, name=name, dtype=dtype, **settings)
        for setting, value in settings.items():
            setattr(self, setting, value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**Metric.get_config(self), **self._fn_kwargs}
