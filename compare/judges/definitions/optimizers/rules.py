"""The rules of the optimizers: the formulas of their papers, with Keras's place for ε."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.optimizers.optimizer import Optimizer
from compare.judges.definitions.weight import Weight


class SGD(Optimizer):
    """v = momentum · v − rate · g; w + v, or with Nesterov w + momentum · v − rate · g."""

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **others):
        super().__init__(learning_rate, **others)
        self.momentum, self.nesterov = momentum, nesterov
        self.slots = ("momentum",) if momentum else ()

    def step(self, w, g, s, rate, t):
        """One step."""
        if not self.momentum:
            return w - rate * g
        s["momentum"] = v = self.momentum * s["momentum"] - rate * g
        return w + (self.momentum * v - rate * g if self.nesterov else v)


class Adam(Optimizer):
    """Kingma and Ba: w − rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)."""

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **others,
    ):
        super().__init__(learning_rate, **others)
        self.betas, self.epsilon, self.amsgrad = (beta_1, beta_2), epsilon, amsgrad

    def build(self, weights):
        """Of AMSGrad, the largest v of each weight follow all other slots."""
        super().build(weights)
        if self.amsgrad:
            for slots, largest in zip(self.state, self.add(weights), strict=True):
                slots["largest"] = largest

    def moments(self, g, s):
        """The moving averages of the gradient and of its square."""
        for name, x, beta in (("m", g, self.betas[0]), ("v", g * g, self.betas[1])):
            s[name] = beta * s[name] + (1 - beta) * x
        return s["m"], s["v"]

    def step(self, w, g, s, rate, t):
        """One step."""
        m, v = self.moments(g, s)
        if self.amsgrad:
            s["largest"] = v = np.maximum(s["largest"], v)
        corrections = [1 - beta**t for beta in self.betas]
        rate = rate * np.sqrt(corrections[1]) / corrections[0]
        return w - rate * m / (np.sqrt(v) + self.epsilon)


class AdamW(Adam):
    """Adam with decaying weights."""

    def __init__(self, learning_rate=0.001, weight_decay=0.004, **others):
        super().__init__(learning_rate, weight_decay=weight_decay, **others)


class Lamb(Adam):
    """You et al.: a step of Adam's direction, as long as the weight: ‖w‖ / ‖u‖ · u."""

    def step(self, w, g, s, rate, t):
        """One step."""
        m, v = self.moments(g, s)
        m, v = (x / (1 - beta**t) for x, beta in zip((m, v), self.betas, strict=True))
        u = m / (np.sqrt(v) + self.epsilon)
        lengths = [np.sqrt((x * x).sum()) for x in (w, u)]
        return w - rate * u * (lengths[0] / lengths[1] if all(lengths) else 1)


class Nadam(Adam):
    """Dozat: Adam with Nesterov's momentum β₁ · (1 − 0.96ᵗ / 2)."""

    def build(self, weights):
        """The product of the momenta follows the slots."""
        super().build(weights)
        self.product = Weight(1.0)
        self.variables.append(self.product)

    def step(self, w, g, s, rate, t):
        """One step."""
        m, v = self.moments(g, s)
        us = [self.betas[0] * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
        product = np.prod(us[:t])
        self.product.assign(product)
        m = us[t] * m / (1 - product * us[t]) + (1 - us[t - 1]) * g / (1 - product)
        return w - rate * m / (np.sqrt(v / (1 - self.betas[1] ** t)) + self.epsilon)


class Adamax(Adam):
    """Adam with the largest instead of the mean size of the gradient."""

    def step(self, w, g, s, rate, t):
        """One step."""
        beta_1, beta_2 = self.betas
        s["m"] = beta_1 * s["m"] + (1 - beta_1) * g
        s["v"] = np.maximum(beta_2 * s["v"], abs(g))
        return w - rate / (1 - beta_1**t) * s["m"] / (s["v"] + self.epsilon)


class RMSprop(Optimizer):
    """Hinton: w − rate · g / √(mean square + ε), with momentum if there is any."""

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        **others,
    ):
        super().__init__(learning_rate, **others)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def build(self, weights):
        """The slots of one name of all weights follow each other."""
        super().build(weights)
        names = ["square", *["momentum"] * (self.momentum > 0), *["mean"] * self.centered]
        for name in names:
            for slots, slot in zip(self.state, self.add(weights), strict=True):
                slots[name] = slot

    def step(self, w, g, s, rate, t):
        """One step."""
        s["square"] = variance = self.rho * s["square"] + (1 - self.rho) * g * g
        if self.centered:
            s["mean"] = self.rho * s["mean"] + (1 - self.rho) * g
            variance = variance - s["mean"] ** 2
        step = rate * g / np.sqrt(variance + self.epsilon)
        if self.momentum > 0:
            s["momentum"] = step = self.momentum * s["momentum"] + step
        return w - step


class Adagrad(Optimizer):
    """Duchi, Hazan, Singer: w − rate · g / √(sum of squares + ε)."""

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **others):
        super().__init__(learning_rate, **others)
        self.start, self.epsilon = initial_accumulator_value, epsilon

    def slots_of(self, weight):
        """The sum of squares."""
        return [("sum", self.start)]

    def step(self, w, g, s, rate, t):
        """One step."""
        s["sum"] = s["sum"] + g * g
        return w - rate * g / np.sqrt(s["sum"] + self.epsilon)


class Adadelta(Optimizer):
    """Zeiler: steps as large as the mean of former steps."""

    slots = ("gradients", "steps")

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **others):
        super().__init__(learning_rate, **others)
        self.rho, self.epsilon = rho, epsilon

    def step(self, w, g, s, rate, t):
        """One step."""
        s["gradients"] = self.rho * s["gradients"] + (1 - self.rho) * g * g
        step = g * np.sqrt((s["steps"] + self.epsilon) / (s["gradients"] + self.epsilon))
        s["steps"] = self.rho * s["steps"] + (1 - self.rho) * step * step
        return w - rate * step


class Lion(Optimizer):
    """Chen et al.: w − rate · sign(β₁ · m + (1 − β₁) · g)."""

    slots = ("m",)

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **others):
        super().__init__(learning_rate, **others)
        self.betas = beta_1, beta_2

    def step(self, w, g, s, rate, t):
        """One step."""
        mixed, kept = (beta * s["m"] + (1 - beta) * g for beta in self.betas)
        s["m"] = kept
        return w - rate * np.sign(mixed)


class Ftrl(Optimizer):
    """McMahan et al.: the weight that minimizes a sum of linear and quadratic terms."""

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        **others,
    ):
        super().__init__(learning_rate, **others)
        self.power, self.start, self.beta = -learning_rate_power, initial_accumulator_value, beta
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength
        self.shrinkage = l2_shrinkage_regularization_strength

    def slots_of(self, weight):
        """The sum of squares and the linear term."""
        return [("sum", self.start), ("linear", 0.0)]

    def step(self, w, g, s, rate, t):
        """One step."""
        before, s["sum"] = s["sum"], s["sum"] + g * g
        sigma = (s["sum"] ** self.power - before**self.power) / rate
        s["linear"] = z = s["linear"] + g + 2 * self.shrinkage * w - sigma * w
        curvature = s["sum"] ** self.power / rate + 2 * (self.l2 + self.beta / (2 * rate))
        return -np.sign(z) * np.maximum(abs(z) - self.l1, 0) / curvature


class Adafactor(Optimizer):
    """Shazeer and Stern: mean squares of matrices by their row and column means."""

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
        **others,
    ):
        super().__init__(learning_rate, **others)
        self.decay_of_mean, self.threshold = beta_2_decay, clip_threshold
        self.epsilons, self.relative = (epsilon_1, epsilon_2), relative_step

    def build(self, weights):
        """Row means and column means of weights with at least two axes; mean squares of all.

        Other weights have zeros in the places of these means.
        """
        super().build(weights)
        for weight, slots in zip(weights, self.state, strict=True):
            if len(weight.shape) > 1:
                means = [Weight(weight.value.mean(axis)) for axis in (-1, -2)]
                slots["rows"], slots["columns"] = self.add(means)
            else:
                self.variables += [Weight(0, "int32"), Weight(0, "int32")]
            slots["square"] = self.add([weight])[0]

    def step(self, w, g, s, rate, t):
        """One step."""
        relative = min(rate, 1 / np.sqrt(t))
        scale = max(self.epsilons[1], np.sqrt((w * w).mean())) * relative
        square, beta = g * g + self.epsilons[0], 1 - float(t) ** self.decay_of_mean
        if w.ndim > 1:
            for name, axis in (("rows", -1), ("columns", -2)):
                s[name] = beta * s[name] + (1 - beta) * square.mean(axis)
            rows = s["rows"] / s["rows"].mean(-1, keepdims=True)
            s["square"] = rows[..., None] * s["columns"][..., None, :]
        else:
            s["square"] = beta * s["square"] + (1 - beta) * square
        u = g / np.sqrt(s["square"])
        return w - scale * u / max(1, np.sqrt((u * u).mean()) / self.threshold)


class ScheduleFreeAdamW(Optimizer):
    """Defazio et al.: w = (1 − β₁) z + β₁ x; z takes Adam's steps, x is the mean of all z."""

    def __init__(
        self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, **others
    ):
        super().__init__(learning_rate, **others)
        self.betas, self.epsilon, self.warmup = (beta_1, beta_2), epsilon, warmup_steps

    def slots_of(self, weight):
        """At first z is the weight itself."""
        return [("z", weight.value), ("v", 0.0)]

    def step(self, w, g, s, rate, t):
        """One step."""
        one, two = self.betas
        mean = (w - (1 - one) * s["z"]) / one
        rate = rate * min(1, t / self.warmup) if self.warmup else rate
        s["v"] = two * s["v"] + (1 - two) * g * g
        s["z"] = s["z"] - rate * g / (np.sqrt(s["v"] / (1 - two**t)) + self.epsilon)
        mean = mean + (s["z"] - mean) / t
        return one * mean + (1 - one) * s["z"]


CLASSES = (SGD, Adam, AdamW, Lamb, Nadam, Adamax, RMSprop, Adagrad, Adadelta, Lion, Ftrl, Adafactor)
DEFINITIONS = {rule.__name__: rule for rule in (*CLASSES, ScheduleFreeAdamW)}
