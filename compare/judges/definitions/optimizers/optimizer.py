"""What all optimizers do around their rule: accumulate, clip, decay, average."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.undefined import Undefined
from compare.judges.definitions.weight import Weight


class Optimizer:
    """An optimizer. A subclass says its slots in `slots` and its rule in `step`.

    Attributes:
        variables: the count of calls, the learning rate (unless a schedule makes it), and the
            slots, in Keras's order.
    """

    slots = ()

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
    ):
        self.rate, self.decay = learning_rate, weight_decay
        self.clips = clipnorm, clipvalue, global_clipnorm
        self.ema = (ema_momentum, ema_overwrite_frequency) if use_ema else None
        self.scale = loss_scale_factor or 1
        self.every = gradient_accumulation_steps or 1
        self.calls = Weight(0, "int64")
        self.variables = [self.calls]
        if not callable(learning_rate):
            self.variables.append(Weight(float(learning_rate)))
        self.built = False

    def build(self, weights):
        """Add the averages, the sums of gradients and the slots of the weights."""
        self.built = True
        self.averages = self.add(weights) if self.ema else []
        self.sums = self.add(weights) if self.every > 1 else []
        self.state = [
            {slot: self.add([weight], start)[0] for slot, start in self.slots_of(weight)}
            for weight in weights
        ]

    def slots_of(self, weight):
        """The names of the slots of a weight and the values that they start with."""
        return [(slot, 0.0) for slot in self.slots]

    def add(self, weights, start=0.0):
        """Add a slot like each weight, and return them."""
        slots = [Weight(np.full(w.shape, start, w.value.dtype)) for w in weights]
        self.variables += slots
        return slots

    def apply(self, gradients, weights):
        """Sum the gradients, or update the weights by the mean of their sums."""
        if not self.built:
            self.build(weights)
        call, last = int(self.calls.value), False
        gradients = [g / self.scale for g in gradients]
        if self.every > 1:
            gradients = [s.value + g for s, g in zip(self.sums, gradients, strict=True)]
            last = (call + 1) % self.every == 0
            for total, gradient in zip(self.sums, gradients, strict=True):
                total.assign(0 * gradient if last else gradient)
        if last or self.every == 1:
            self._update([g / self.every for g in gradients], weights, call)
        if self.ema:
            self._average(weights, call // self.every)
        self.calls.assign(call + 1)

    def _update(self, gradients, weights, call):
        """Clip the gradients, let the weights decay, then apply the rule to each weight."""
        rate = self.rate(call) if callable(self.rate) else self.rate
        t = call // self.every + 1
        for gradient, weight, slots in zip(
            self._clipped(gradients), weights, self.state, strict=True
        ):
            w = weight.value
            if self.decay is not None:
                w = w - self.decay * rate * w
            state = {name: slot.value for name, slot in slots.items()}
            weight.assign(self.step(w, gradient, state, rate, t))
            for name, slot in slots.items():
                slot.assign(state[name])

    def step(self, w, g, s, rate, t):
        """The weight after the step number t (from 1); the slots in `s` are replaced."""
        raise NotImplementedError

    def _clipped(self, gradients):
        norm, value, global_norm = self.clips
        if norm:
            return [g * norm / max(norm, np.sqrt((g * g).sum())) for g in gradients]
        if global_norm:
            whole = np.sqrt(sum((g * g).sum() for g in gradients))
            return [g * global_norm / max(global_norm, whole) for g in gradients]
        return [np.clip(g, -value, value) for g in gradients] if value else gradients

    def _average(self, weights, done):
        momentum, frequency = self.ema
        momentum = momentum if done else 0.0
        for weight, average in zip(weights, self.averages, strict=True):
            average.assign(momentum * average.value + (1 - momentum) * weight.value)
        if frequency and (done + 1) % frequency == 0:
            self.finalize_variable_values(weights)

    def finalize_variable_values(self, weights):
        """The weights become their averages, if there are any."""
        for weight, average in zip(weights, self.averages, strict=False):
            weight.assign(average.value)

    def get_config(self):
        """A definition has no configuration."""
        return {}

    @classmethod
    def from_config(cls, config):
        """A definition has no configuration."""
        return cls.__new__(cls)


def number(value):
    """The value, which must be a number."""
    if not isinstance(value, (int, float)):
        raise Undefined(f"{value!r} as a number")
    return value
