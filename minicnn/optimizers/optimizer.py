"""What all optimizers are: variables of their own, and a step that changes a model's variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minicnn import initializers, ops
from minicnn.autodiff import Variable
from minicnn.autodiff.tracing import recorded_as_one_call
from minicnn.common import configuration
from minicnn.common.build_once import built_once
from minicnn.common.errors import make_from_config
from minicnn.common.naming import auto_name
from minicnn.common.python_utils import arguments_of
from minicnn.ops.define.half import widened
from minicnn.optimizers import checks, update_rules
from minicnn.optimizers.optimizer_state import OptimizerState
from minicnn.optimizers.schedules import LearningRateSchedule
from minicnn.optimizers.shared_settings import AroundStep


def settings_of(constructor: Callable) -> tuple[str, ...]:
    """The names of a constructor's own arguments, for an optimizer's `settings`.

    >>> settings_of(lambda self, learning_rate=0.1, momentum=0.0, **shared: None)
    ('momentum',)
    """
    return arguments_of(constructor, inspect.signature(Optimizer.__init__).parameters)


class Optimizer(AroundStep, OptimizerState):
    """Changes variables by their gradients, so that a loss falls.

    A subclass makes variables of its own in `build`, and says in `update_step` how one variable
    changes. It may have an `update_rule` beside it, which gives a kernel that does the same for all
    variables at once (see `update_rules.py`); a subclass of it with another `update_step` does not
    use that rule.

    Example:
        >>> import minicnn as keras
        >>> class SignDescent(keras.optimizers.Optimizer):
        ...     def update_step(self, gradient, variable, learning_rate):
        ...         self.assign_sub(variable, learning_rate * keras.ops.sign(gradient))
        >>> w = keras.Variable([1.0, -1.0])
        >>> SignDescent(learning_rate=0.5).apply([[3.0, -2.0]], [w])
        >>> w.numpy()
        array([ 0.5, -0.5], dtype=float32)

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: before a step, variables lose the share `weight_decay · learning_rate`.
        clipnorm: the longest gradient of one variable; longer ones are shortened to it.
        clipvalue: the largest element of a gradient; larger ones become ±clipvalue.
        global_clipnorm: the longest gradient of all variables taken together.
        use_ema: keep a moving average of the variables, and put it in their place after `fit`.
        ema_momentum: the share of the average that stays at each step.
        ema_overwrite_frequency: put the average in their place every so many steps, too.
        loss_scale_factor: `scale_loss` multiplies by it and `apply` divides the gradients by it,
            so that small float16 gradients do not become zero.
        gradient_accumulation_steps: change the variables only at every so many calls of `apply`,
            by the mean of the gradients since the last change.
        name: made from the class's name if not given.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule | Callable[[], Any],
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        checks.check_unknown(kwargs)
        checks.check_learning_rate(learning_rate)
        checks.check_clipping(
            clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm
        )
        checks.check_accumulation(gradient_accumulation_steps)
        if use_ema:
            checks.check_averaging(ema_momentum, ema_overwrite_frequency)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps

        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._indices: dict[Variable, int] = {}
        self._undecayed_variables: set[Variable] = set()
        self._undecayed_names: list[str] = []
        self._iterations = self.add_variable((), dtype="int", name="iteration")
        if not callable(learning_rate):
            start = initializers.Constant(learning_rate)
            learning_rate = self.add_variable(
                (), start, configuration.floatx(), name="learning_rate"
            )
        self._learning_rate = learning_rate

    settings: tuple[str, ...] = ()
    """Attributes that `get_config` writes down, beside those that all optimizers have."""

    accelerated_step: Callable | None = None
    """The `update_step` that `update_rule`, if there is one, does for all variables at once."""

    def __init_subclass__(cls, **kwargs: Any):
        """Makes `build` happen once, and spells `**shared` out in the signature for `help`."""
        super().__init_subclass__(**kwargs)
        if "update_rule" in vars(cls):
            cls.accelerated_step = cls.update_step
        if "build" in vars(cls):
            cls.build = built_once(cls.build)
        own = inspect.signature(cls.__init__)
        if "shared" in own.parameters:
            every = {**own.parameters}
            del every["shared"]
            for name, parameter in inspect.signature(Optimizer.__init__).parameters.items():
                every.setdefault(name, parameter)
            cls.__init__.__signature__ = own.replace(parameters=list(every.values()))

    @property
    def iterations(self) -> Any:
        """How many steps have changed the variables."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The present learning rate: the variable that holds it, or what the schedule gives."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        before = self._learning_rate
        if callable(learning_rate):
            self._learning_rate = learning_rate
            self._variables = [v for v in self._variables if v is not before]
        elif isinstance(before, Variable):
            before.assign(learning_rate)
        else:
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` (or another function) as "
                f"its `learning_rate`, hence the learning rate of '{self.name}' is not settable. "
                "Create it with a float `learning_rate` if you want to set it later."
            )

    @built_once
    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the optimizer's own variables, for the model's variables that it is to change."""
        variables = list(variables)
        self._indices = {variable: i for i, variable in enumerate(variables)}
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(
                variables, "average"
            )
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self.add_optimizer_variables(
                variables, "gradient_accumulator"
            )
        self._trainable_variables = variables

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """One step, from pairs of a gradient and its variable."""
        grads, trainable_variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, trainable_variables)
        return self._iterations

    @recorded_as_one_call  # as it computes with Python numbers
    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One step: changes the variables by their gradients, and counts `iterations` up.

        Args:
            grads: a gradient for each variable; None where there is none.
            trainable_variables: the variables; those of `build` by default.
        """
        if len(grads) == 0:
            return
        variables = self._checked_variables(grads, trainable_variables)
        grads, variables = checks.without_missing(grads, variables)
        if self.loss_scale_factor is not None:
            grads = [widened(g) / self.loss_scale_factor for g in grads]
        if self.gradient_accumulation_steps:
            grads = self._accumulate(grads, variables)
        if grads:
            learning_rate = self.learning_rate
            grads = self._clip_gradients(grads)
            self._apply_weight_decay(variables, learning_rate)
            self.update_all(grads, variables, learning_rate)
        if self.use_ema:
            self._average()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._iterations.assign(int(self._iterations) + 1)

    def update_all(self, grads: list[Any], variables: list[Variable], learning_rate: Any) -> None:
        """Changes all variables, each by `update_step`."""
        if update_rules.replaces_step(self):  # one kernel for all variables, the same results
            update_rules.update_all(self, grads, variables, learning_rate)
            return
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Changes one variable by its gradient. Every optimizer overrides it."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to change a variable: define "
            "`update_step(self, gradient, variable, learning_rate)` in it."
        )

    def assign(self, variable: Variable, value: Any) -> None:
        """Gives a variable another value."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtracts from a variable."""
        variable.assign_sub(value)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same optimizer again, from its beginning."""
        return {
            "name": self.name,
            "learning_rate": self._learning_rate_config(),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **{name: getattr(self, name) for name in self.settings},
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Optimizer:
        """The optimizer that `get_config` described."""
        learning_rate = config.get("learning_rate")
        if isinstance(learning_rate, dict):
            from minicnn.serialization import serialization_lib

            learning_rate = serialization_lib.deserialize_keras_object(
                learning_rate, custom_objects=custom_objects
            )
            config = {**config, "learning_rate": learning_rate}
        return make_from_config(cls, config)

    def _learning_rate_config(self) -> Any:
        if isinstance(self._learning_rate, Variable):
            return float(self._learning_rate)
        from minicnn.serialization import serialization_lib

        return serialization_lib.serialize_keras_object(self._learning_rate)

    def _get_variable_index(self, variable: Variable) -> int:
        return self._indices[variable]

    def _checked_variables(self, grads: Sequence[Any], variables: Any) -> list[Variable]:
        if variables is None and not self.built:
            raise ValueError(
                "When passing `grads` without `variables`, the optimizer must already be built on "
                "a list of variables. Call `optimizer.build(trainable_variables)` first."
            )
        variables = self._trainable_variables if variables is None else list(variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"The optimizer '{self.name}' needs one gradient for each variable (None where "
                f"there is none). Received {len(grads)} gradients for {len(variables)} variables."
            )
        if not self.built:
            self.build(variables)
        for variable in variables:
            if variable not in self._indices:
                raise ValueError(
                    f"Unknown variable: '{variable.path}' of shape {tuple(variable.shape)}. The "
                    f"optimizer '{self.name}' was built for {self._known_variables()}, and keeps "
                    "a state for each of them. For another model, or after adding layers, make a "
                    "new optimizer."
                )
        return variables

    def _known_variables(self) -> str:
        paths = [f"'{variable.path}'" for variable in self._trainable_variables]
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        return (", ".join(paths[:3]) or "no variables") + more
