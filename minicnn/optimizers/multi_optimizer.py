"""Several optimizers, each for some of a model's variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from minicnn.autodiff import Variable
from minicnn.autodiff.tracing import recorded_as_one_call
from minicnn.optimizers.loss_scale_optimizer import LossScaleOptimizer
from minicnn.optimizers.optimizer import Optimizer


class OptimizerMap(MutableMapping):
    """Optimizers by the paths of variables; a key is a path, or a pattern for a whole one.

    Example:
        >>> import minicnn as keras
        >>> optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD(name="slow"))
        >>> optimizers["encoder/.*"] = keras.optimizers.Adam(name="fast")
        >>> optimizers["encoder/conv/kernel"].name, optimizers["head/kernel"].name
        ('fast', 'slow')

    Args:
        default_optimizer: the optimizer of variables that no key matches.
        optimizer_map: a dict of optimizers to begin with.
    """

    def __init__(
        self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None
    ):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                "default_optimizer must be a Keras Optimizer instance, such as "
                f"keras.optimizers.SGD(). Received: {default_optimizer}"
            )
        if not isinstance(optimizer_map, (dict, type(None))):
            raise TypeError(f"optimizer_map must be a dictionary. Received: {optimizer_map}")
        self.default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    def __getitem__(self, key: str) -> Optimizer:
        """The optimizer of this key, else of the one pattern that matches, else the default."""
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Multiple optimizers assigned to variable {key}: the keys {matching} match it. "
                "Make the patterns exclude each other."
            )
        return self._optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        """Adds an optimizer for a path or pattern that is not a key yet."""
        if not isinstance(key, str):
            raise ValueError(f"key must be a string, a path or a pattern. Received: {key}")
        if key in self._optimizer_map:
            raise ValueError(
                f"'{key}' already exists in the OptimizerMap with value "
                f"{self._optimizer_map[key]}. Delete it first."
            )
        _check_inner(optimizer, "optimizer", "optimizer cannot be {}.")
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer of a variable."""
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same map again."""
        from minicnn.serialization import serialization_lib

        serialize = serialization_lib.serialize_keras_object
        return {
            "default_optimizer": serialize(self.default_optimizer),
            "optimizer_map": serialize(self._optimizer_map),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> OptimizerMap:
        """The map that `get_config` described."""
        from minicnn.serialization import serialization_lib

        read = serialization_lib.deserialize_keras_object
        return cls(**{name: read(config[name], custom_objects) for name in config})


class MultiOptimizer(Optimizer):
    """Changes each variable by an optimizer chosen for it.

    Example:
        >>> import minicnn as keras
        >>> slow, fast = keras.optimizers.SGD(0.1), keras.optimizers.SGD(1.0)
        >>> chosen = keras.optimizers.OptimizerMap(slow, {"head.*": fast})
        >>> w, head = keras.Variable([5.0], name="w"), keras.Variable([5.0], name="head")
        >>> keras.optimizers.MultiOptimizer(chosen).apply([[1.0], [1.0]], [w, head])
        >>> w.numpy().tolist(), head.numpy().tolist()
        ([4.900000095367432], [4.0])

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: takes the place of that of each of the optimizers.
        name: made from the class's name if not given.
    """

    _inner_optimizers: Sequence[Optimizer] = ()

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ):
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        listed = optimizer_map.values() if hasattr(optimizer_map, "values") else ()
        default = getattr(optimizer_map, "default_optimizer", None)
        found = [*listed, *([] if default is None else [default])]
        self._inner_optimizers = list(dict.fromkeys(found))
        self.loss_scale_factor = loss_scale_factor

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        """The optimizers, each once: those of the map in its order, and the default one."""
        return self._inner_optimizers

    def build(self, var_list: Any) -> None:
        """Chooses the optimizer of each variable, and builds them."""
        self._chosen = {variable: self._optimizer_map(variable) for variable in var_list}
        for variable, optimizer in self._chosen.items():
            what = f"Optimizer for variable {variable.path}"
            _check_inner(optimizer, what, "{} cannot be used inside an MultiOptimizer.")
        self._inner_optimizers = list(
            dict.fromkeys([*self._inner_optimizers, *self._chosen.values()])
        )
        self.loss_scale_factor = self._loss_scale_factor  # of those chosen only now, too
        for optimizer, variables in self._groups(var_list):
            optimizer.build(variables)
        super().build(var_list)

    @property
    def variables(self) -> list[Variable]:
        """The count of steps, and the variables of the optimizers."""
        return self._variables + [v for each in self._inner_optimizers for v in each.variables]

    @recorded_as_one_call  # as it computes with Python numbers
    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One step of each optimizer, with the gradients of its variables."""
        if len(grads) == 0:
            return
        variables = self._checked_variables(grads, trainable_variables)
        gradient_of = dict(zip(variables, grads, strict=True))
        for optimizer, chosen in self._groups(variables):
            optimizer.apply([gradient_of[variable] for variable in chosen], chosen)
        self._iterations.assign(int(self._iterations) + 1)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """What the optimizers do when `fit` ends."""
        for optimizer, variables in self._groups(var_list):
            optimizer.finalize_variable_values(variables)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives `variables` values, in their order."""
        own = self._variables
        self._variables = self.variables
        try:
            super().set_weights(weights)
        finally:
            self._variables = own

    def _groups(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[Variable]]]:
        """Each optimizer with those of the variables that it changes, if there are any."""
        groups: dict[Optimizer, list[Variable]] = {each: [] for each in self._inner_optimizers}
        for variable in variables:
            groups[self._chosen[variable]].append(variable)
        return [(optimizer, chosen) for optimizer, chosen in groups.items() if chosen]

    @property
    def learning_rate(self) -> Any:
        """Raises: each of `optimizers` has its own."""
        raise AttributeError(
            "Learning rate cannot be accessed or set on a MultiOptimizer. Each of its `optimizers` "
            "has its own."
        )

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        _ = self.learning_rate

    @property
    def loss_scale_factor(self) -> float | None:
        """The factor of the loss, for all optimizers."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor: float | None) -> None:
        self._loss_scale_factor = factor
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = factor

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same optimizer again, from its beginning."""
        from minicnn.serialization import serialization_lib

        return {
            "optimizer_map": serialization_lib.serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> MultiOptimizer:
        """The optimizer that `get_config` described."""
        from minicnn.serialization import serialization_lib

        read = serialization_lib.deserialize_keras_object
        return cls(**{**config, "optimizer_map": read(config["optimizer_map"], custom_objects)})


def _check_inner(optimizer: Any, what: str, refusal: str) -> None:
    """Raises unless it is an optimizer that may be one of several."""
    if not isinstance(optimizer, Optimizer):
        raise ValueError(
            f"{what} must be a Keras Optimizer instance, such as keras.optimizers.SGD(). "
            f"Received: {optimizer}"
        )
    for cls in (LossScaleOptimizer, MultiOptimizer):
        if isinstance(optimizer, cls):
            raise ValueError(refusal.format(cls.__name__))
