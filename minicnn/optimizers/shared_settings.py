"""What may happen around a step: gradients are collected and clipped, weights decay and average."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from minicnn import ops
from minicnn.autodiff import Variable
from minicnn.common import configuration
from minicnn.ops.define.half import widened
from minicnn.optimizers import update_rules
from minicnn.optimizers.clipping import clip_by_global_norm, clip_by_norm


class AroundStep:
    """The settings that all optimizers share, carried out."""

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leaves variables out of weight decay: those listed, and those with a name in their path.

        `var_names=["bias", "beta"]` leaves out all biases, and the shifts of normalizations.
        """
        self._undecayed_variables = set(var_list or ())
        self._undecayed_names = list(var_names or ())

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Puts the moving averages in the variables' place, if there are any, when `fit` ends."""
        if self.use_ema:
            self._overwrite_model_variables_with_average_value(var_list)

    def _accumulate(self, grads: list[Any], variables: list[Variable]) -> list[Any] | None:
        """The mean gradients when it is time for a step; until then adds them up."""
        sums = [self._accumulated_gradients[self._get_variable_index(v)] for v in variables]
        for total, gradient in zip(sums, grads, strict=True):
            total.assign_add(gradient)
        steps = self.gradient_accumulation_steps
        if (int(self._iterations) + 1) % steps:
            return None
        means = [total.value / steps for total in sums]
        for total in self._accumulated_gradients:
            total.assign(ops.zeros_like(total))
        return means

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        if self.clipnorm:
            return [clip_by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue:
            return [ops.clip(widened(g), -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def _apply_weight_decay(self, variables: list[Variable], learning_rate: Any) -> None:
        self._decay(variables, self.weight_decay, learning_rate)

    def _decay(
        self, variables: list[Variable], weight_decay: float | None, learning_rate: Any
    ) -> None:
        if weight_decay is None:
            return
        share = weight_decay * float(learning_rate)
        variables = list(filter(self._use_weight_decay, variables))
        if configuration.fusion():  # one kernel for all variables, the same results
            update_rules.decay(variables, share)
            return
        for variable in variables:
            variable.assign(variable - share * variable)

    def _use_weight_decay(self, variable: Variable) -> bool:
        named = any(re.search(name, variable.path) for name in self._undecayed_names)
        return not named and variable not in self._undecayed_variables

    def _average(self) -> None:
        momentum = self.ema_momentum if int(self.iterations) else 0.0
        pairs = zip(self._trainable_variables, self._model_variables_moving_average, strict=True)
        for variable, average in pairs:
            average.assign(average * momentum + variable * (1 - momentum))
        frequency = self.ema_overwrite_frequency
        if frequency and (int(self.iterations) + 1) % frequency == 0:
            self._overwrite_model_variables_with_average_value(self._trainable_variables)

    def _overwrite_model_variables_with_average_value(self, variables: Sequence[Variable]) -> None:
        averages = self._model_variables_moving_average
        if len(variables) != len(averages):
            raise ValueError(
                f"There are {len(averages)} moving averages to put in the place of "
                f"{len(variables)} variables. Was the optimizer called on this model?"
            )
        for variable, average in zip(variables, averages, strict=True):
            variable.assign(average)
