"""Loss scaling that finds its own factor, for float16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn import initializers, ops
from minicnn.autodiff.tracing import recorded_as_one_call
from minicnn.ops.define.half import widened
from minicnn.optimizers.optimizer import Optimizer

_DEFAULTS_OF_OLD_FILES = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a large factor, so that small float16 gradients do not become zero.

    The gradients are divided by it again before `inner_optimizer` takes them. Where one of them is
    not finite the step is left out and the factor halved; after `dynamic_growth_steps` steps
    without that it is doubled.

    `w ← step(w, g / scale)`, with g the gradient of `scale · loss`.

    Source: Micikevicius et al., "Mixed precision training" (2018), §3.2.

    Args:
        inner_optimizer: the optimizer that changes the variables.
        initial_scale: the factor at the beginning.
        dynamic_growth_steps: see above.
        name: made from the class's name if not given.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer no longer supports `dynamic=False`. "
                "Instead, simply set `loss_scale_factor` directly on the `inner_optimizer`."
            )
        for setting, default in _DEFAULTS_OF_OLD_FILES.items():
            if kwargs.pop(setting, default) != default:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{setting}`. "
                    f"Instead, set `{setting}` on the `inner_optimizer`."
                )
        if kwargs:
            raise ValueError(
                f"LossScaleOptimizer does not support arguments: `{'`, `'.join(kwargs)}`."
            )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        # The gradients must not be divided twice.
        inner_optimizer.loss_scale_factor = None

    def build(self, var_list: Any) -> None:
        """Makes the factor, the count of steps since it changed, and the inner variables."""
        self.step_counter = self.add_variable((), dtype="int", name="step_counter")
        start = initializers.Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable((), start, "float32", name="dynamic_scale")
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    @property
    def variables(self) -> list[Any]:
        """The optimizer's own variables and those of the inner one."""
        return self._variables + self.inner_optimizer.variables

    @recorded_as_one_call  # as it computes with Python numbers
    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One step, left out where a gradient is not finite."""
        if not self.built:
            self.build(list(trainable_variables))
        if not self._all_finite(grads):
            self._rescale(0.5)
            return
        scale = float(self.dynamic_scale)
        unscaled = [None if g is None else widened(ops.convert_to_tensor(g)) / scale for g in grads]
        self.inner_optimizer.apply(unscaled, trainable_variables)
        if int(self.step_counter) == self.dynamic_growth_steps - 1:
            self._rescale(2.0)
        else:
            self.step_counter.assign_add(1)

    def _rescale(self, factor: float) -> None:
        self.step_counter.assign(0)
        self.dynamic_scale.assign(self.dynamic_scale * factor)

    @staticmethod
    def _all_finite(grads: Sequence[Any]) -> bool:
        return all(bool(ops.all(ops.isfinite(g))) for g in grads if g is not None)

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self) -> Any:
        """The steps that were not left out."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the present factor."""
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list: Any) -> None:
        """What the inner optimizer does when `fit` ends."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same optimizer again, from its beginning."""
        from minicnn.serialization import serialization_lib

        return {
            "name": self.name,
            "inner_optimizer": serialization_lib.serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> LossScaleOptimizer:
        """The optimizer that `get_config` described."""
        from minicnn.serialization import serialization_lib

        config = dict(config)
        inner_optimizer = serialization_lib.deserialize_keras_object(
            config.pop("inner_optimizer"), custom_objects=custom_objects
        )
        return cls(inner_optimizer, **config)
