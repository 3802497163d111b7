"""How a layer gets variables and inner layers, and calls with other values for its variables."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minicnn.autodiff import Tensor, Variable
from minicnn.autodiff.changes import count_change
from minicnn.autodiff.temporary_values import restore, temporary_values
from minicnn.common import dtypes
from minicnn.layers.base.layer_state import BOOKKEEPING, LayerState, walk
from minicnn.layers.base.owned_containers import owned
from minicnn.layers.base.ownership_cache import attribute_changed, clear_ownership_cache
from minicnn.ops.define.arguments import to_array

_HOLDERS = (Variable, LayerState, list, tuple, set, dict)


_POSITIONAL = ("shape", "initializer", "dtype")
"""The arguments of `add_weight` that need no name."""


def _named_once(add_weight: Callable) -> Callable:
    """`add_weight` that refuses a name in the place of the shape, and an argument given twice."""

    @functools.wraps(add_weight)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Variable:
        if args and isinstance(args[0], str):
            raise ValueError(
                f"The first argument of `add_weight` is the shape: pass the name {args[0]!r} of "
                "the weight as the keyword argument `name`."
            )
        if len(args) > len(_POSITIONAL):
            raise TypeError(
                f"`add_weight` takes at most {len(_POSITIONAL)} positional arguments, "
                f"{', '.join(_POSITIONAL)}, but layer '{self.name}' passed {len(args)}: pass the "
                "others by name."
            )
        twice = [name for name, _ in zip(_POSITIONAL, args, strict=False) if name in kwargs]
        if twice:
            raise ValueError(
                f"`{twice[0]}` was passed both positionally and as a keyword argument to "
                f"`add_weight` of layer '{self.name}': pass it once."
            )
        return add_weight(self, *args, **kwargs)

    return wrapped


class LayerWeights(LayerState):
    """How a layer comes to own variables and other layers."""

    @_named_once
    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Makes a variable that belongs to the layer.

        Args:
            shape: lengths of the axes; a scalar by default.
            initializer: name, object or function; Glorot's uniform distribution by default, zeros
                for types that are not floating point.
            dtype: the policy's variable type by default.
            trainable: whether training changes it.
            regularizer: a penalty on it, added to the loss.
            constraint: a function that is applied to it after each update.
            name: part of its path.
        """
        from minicnn import constraints, initializers, regularizers

        self._check_super_called()
        self._refuse_new_state()
        dtype = dtypes.standardize_dtype(dtype or self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float_dtype(dtype) else "zeros"
        with self._open_name_scope():
            variable = Variable(
                initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        if not self.trainable:
            variable.trainable = False
        self.__dict__.setdefault("_added_weights", []).append(variable)
        clear_ownership_cache()
        return variable

    add_variable = add_weight

    def _refuse_new_state(self) -> None:
        if self.__dict__.get("_locked"):
            raise ValueError(
                "You cannot add new elements of state (variables or sub-layers) to layer "
                f"'{self.name}', which is already built. All state must be created in `__init__()` "
                "or `build()`, which runs once: for inputs of another shape make another layer."
            )

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, _HOLDERS) and name not in BOOKKEEPING:
            self._receive(value)
            if not type(self).__module__.startswith("minicnn."):
                value = owned(value, self)
        before = self.__dict__.get(name, self)
        object.__setattr__(self, name, value)
        attribute_changed(before, value)

    def _receive(self, value: Any) -> None:
        """Takes over variables and layers in a new value; refused once the layer is built."""
        state = [x for x in walk(value) if isinstance(x, (Variable, LayerState))]
        if not state:
            return
        if self.__dict__.get("_locked"):
            now = [*self._flatten_layers(), *self.variables]
            # Kept from the first time, so that what one line takes out another may put back.
            first = self.__dict__.setdefault("_first_state", now)
            known = {id(x) for x in (*now, *first)}
            if not all(id(x) in known for x in state):
                self._refuse_new_state()
        if not self.__dict__.get("_trainable", True):
            for variable in state:
                if isinstance(variable, Variable):
                    variable.trainable = False
        attribute_changed(None, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy gets lists and dicts of its own."""
        self.__dict__.update(state)
        if not type(self).__module__.startswith("minicnn."):
            for name in state.keys() - BOOKKEEPING:
                self.__dict__[name] = owned(state[name], self)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if isinstance(value, Variable):
            added = self.__dict__.get("_added_weights", [])
            added[:] = [v for v in added if v is not value]
        object.__delattr__(self, name)
        count_change()
        clear_ownership_cache()

    def stateless_call(
        self,
        trainable_variables: list,
        non_trainable_variables: list,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple:
        """Calls the layer with these values for its variables, and leaves the variables alone.

        Returns:
            The outputs and the new values of the variables that training does not change; with
            `return_losses`, the losses too.
        """
        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables "
                "must have been already created). You can build it by calling it on some data."
            )
        kept = self.trainable_variables, self.non_trainable_variables
        self._check_values("trainable_variables", kept[0], trainable_variables)
        self._check_values("non_trainable_variables", kept[1], non_trainable_variables)
        variables, values = [*kept[0], *kept[1]], [*trainable_variables, *non_trainable_variables]
        with temporary_values(variables):
            restore(zip(variables, map(_as_tensor, values), strict=True))
            outputs = self(*args, **kwargs)
            after = [v.snapshot() for v in kept[1]]
            losses = self.losses if return_losses else []
        return (outputs, after, losses) if return_losses else (outputs, after)

    def _check_values(self, argument: str, variables: list, values: list) -> None:
        if len(variables) != len(values):
            raise ValueError(
                f"Argument `{argument}` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().{argument}. Received list with length "
                f"{len(values)}, but expected {len(variables)} variables."
            )


def _as_tensor(x: Any) -> Tensor:
    if isinstance(x, Tensor):
        return x  # which may be recorded on a tape
    return x.snapshot() if isinstance(x, Variable) else Tensor(to_array(x))
