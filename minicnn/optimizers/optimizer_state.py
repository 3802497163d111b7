"""The variables that an optimizer has of its own: moments, averages, counters."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from minicnn import initializers
from minicnn.autodiff import Tensor, Variable
from minicnn.autodiff.temporary_values import rolled_back, temporary_values
from minicnn.common.name_scope import name_scope


class OptimizerState:
    """Makes an optimizer's variables, and saves and loads them."""

    name: str
    built: bool
    _variables: list[Variable]
    _trainable_variables: list[Variable]

    @property
    def variables(self) -> list[Variable]:
        """The optimizer's own variables, in the order in which files have them."""
        return self._variables[:]

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: str | None = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Makes a variable of the optimizer's own, to be saved with it."""
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Makes a variable of the same shape and type as one of the model's."""
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self,
        trainable_variables: Iterable[Variable],
        name: str | Sequence[str],
        initializer: Any = "zeros",
    ) -> Any:
        """Makes a variable for each of the model's, and returns them as a list.

        With several names, several variables for each and a list for each name; `initializer`
        may be a list then, too.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        starts = list(initializer) if several else [initializer] * len(names)
        if len(names) != len(starts):
            raise ValueError(
                "The number of provided names must match the number of provided initializers. "
                f"Received name={name!r}, initializer={initializer!r}"
            )
        rows = [
            [self.add_variable_from_reference(v, n, s) for n, s in zip(names, starts, strict=True)]
            for v in trainable_variables
        ]
        columns = tuple([row[i] for row in rows] for i in range(len(names)))
        return columns[0] if isinstance(name, str) else columns

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives the optimizer's own variables values, in the order of `variables`."""
        if not self.built:
            raise ValueError(
                f"You are calling `set_weights()` on the optimizer '{self.name}', which has not "
                "yet been built. Call `optimizer.build(trainable_variables)` first."
            )
        if len(weights) != len(self._variables):
            raise ValueError(
                f"The optimizer '{self.name}' has {len(self._variables)} variables. "
                f"Received {len(weights)} weights for them."
            )
        with rolled_back(self._variables):
            for variable, weight in zip(self._variables, weights, strict=True):
                variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Writes the optimizer's own variables into a group of a file, as "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Reads what `save_own_variables` wrote; warns where there are more or less variables."""
        if len(store.keys()) != len(self.variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self.variables)} variables whereas the saved optimizer has "
                f"{len(store.keys())} variables.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self.variables):
            variable.assign(store[str(i)][()])

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Any
    ) -> tuple[list[Tensor], list[Tensor]]:
        """What `apply` would do to the given values; no variable changes.

        Returns:
            The new values of the model's variables, and of the optimizer's.
        """
        model, own = self._trainable_variables, self.variables
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {type(self).__name__} must be built: "
                "call `optimizer.build(trainable_variables)` first."
            )
        for name, values, variables in (
            ("optimizer_variables", optimizer_variables, own),
            ("trainable_variables", trainable_variables, model),
        ):
            if len(values) != len(variables):
                raise ValueError(
                    f"Argument `{name}` must have one tensor for each variable: expected "
                    f"{len(variables)} tensors. Received a list with length {len(values)}"
                )
        variables, values = [*model, *own], [*trainable_variables, *optimizer_variables]
        with temporary_values(variables):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            self.apply(grads)
            return [Tensor(v.value.array) for v in model], [Tensor(v.value.array) for v in own]
