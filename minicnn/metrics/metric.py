"""`Metric`, the base of all metrics: state that is updated batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from minicnn import dtype_policies, initializers, ops, tree
from minicnn.autodiff import Variable
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common import configuration
from minicnn.common.errors import make_from_config
from minicnn.common.name_scope import name_scope
from minicnn.common.naming import auto_name


class Metric:
    """Base of all metrics; subclasses implement `update_state` and `result`.

    The state are variables, made by `add_variable` in `__init__`. Variables and metrics that are
    attributes, also in lists and dicts, belong to the state too.

    Args:
        dtype: type, or dtype policy, to compute in. Default: `config.floatx()`.
        name: the metric's name in logs.

    Example:
        >>> import minicnn as keras
        >>> class Largest(keras.metrics.Metric):
        ...     def __init__(self):
        ...         super().__init__(name="largest")
        ...         self.largest = self.add_weight(name="largest", initializer="zeros")
        ...     def update_state(self, values):
        ...         self.largest.assign(keras.ops.maximum(self.largest, keras.ops.max(values)))
        ...     def result(self):
        ...         return self.largest.value
        >>> metric = Largest()
        >>> float(metric([1.0, 3.0])), float(metric([2.0]))
        (3.0, 3.0)
    """

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policies.get(dtype or configuration.floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._own_variables: list[Variable] = []

    @property
    def dtype(self) -> str:
        """The type that the metric computes in."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The state: the metric's own variables, then those of inner metrics."""
        return [*self._tracked(Variable), *self._inner_variables()]

    def _inner_variables(self) -> list[Variable]:
        return [v for metric in self._tracked(Metric) for v in metric.variables]

    def _tracked(self, kind: type) -> list:
        """The attributes of one type, also those in lists and dicts, each once."""
        found = {}
        for value in list(self.__dict__.values()):  # another thread may be building
            if isinstance(value, (kind, list, tuple, dict)):
                found.update({id(x): x for x in tree.flatten(value) if isinstance(x, kind)})
        return list(found.values())

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of the metric's state."""
        self._check_super_called()
        with name_scope(self.name.replace("/", ">"), caller=self):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._own_variables.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Makes a variable of the metric's state, a number by default."""
        return self.add_variable(shape=shape, initializer=initializer, dtype=dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Updates the state with a batch."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `update_state`.")

    def result(self) -> Any:
        """The metric's value for all batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `result`.")

    def reset_state(self) -> None:
        """Sets the state back to its beginning."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the state with a batch and returns the value so far."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list:
        """The state after a batch, given the state before it; the metric's own is not changed."""
        with self._temporary_state(metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.snapshot() for variable in self.variables]

    def stateless_result(self, metric_variables: Any) -> Any:
        """The value for a given state."""
        with self._temporary_state(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list:
        """The state with which the metric begins."""
        with temporary_values(self.variables):
            self.reset_state()
            return [variable.snapshot() for variable in self.variables]

    @contextlib.contextmanager
    def _temporary_state(self, values: Any) -> Iterator[None]:
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                "Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables. Received list with length {len(values)}, "
                f"but expected {len(variables)} variables."
            )
        with temporary_values(variables):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            yield

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """Makes a metric from its config."""
        return make_from_config(cls, config)

    def _check_super_called(self) -> None:
        if "_own_variables" not in self.__dict__:
            raise RuntimeError(
                f"You forgot to call `super().__init__()` in the `__init__()` method of "
                f"{type(self).__name__}. Make it the first line."
            )

    def _obj_type(self) -> str:
        return "Metric"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
