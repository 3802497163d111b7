"""One step of an optimizer for one weight, in the lines of the papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import optimizers
from minicnn.analysis.explanations.explanation import Step


class Lines:
    """The lines of a step, and the numbers that they begin with.

    Attributes:
        w: the weight, g: its gradient, lr: the learning rate, t: the number of the step from 1.
        steps: the lines so far.
    """

    def __init__(self, optimizer: Any, variable: Any, at: tuple[int, ...]):
        self.optimizer = optimizer
        self.variable = variable
        self.at = at
        self.w = float(variable.numpy()[at])
        self.g = self.lr = 0.0
        self.t = int(optimizer.iterations) + 1
        self.steps: list[Step] = []

    def state(self, name: str, start: float = 0.0) -> float:
        """The weight's own number in a variable of the optimizer; `start` before the first step."""
        if not self.optimizer.built:
            return start
        own = getattr(self.optimizer, name)[self.optimizer._get_variable_index(self.variable)]
        return float(own.numpy()[self.at])

    def line(self, name: str, formula: str, value: float) -> float:
        """Adds a line; numbers stand in its formula already."""
        self.steps.append(Step(name, formula, float(value)))
        return float(value)

    def subtract(self, step: float, formula: str = "") -> None:
        """The last line: the weight without the step."""
        self.line("the new weight", f"{self.w:.5g} − {formula or f'{step:.5g}'}", self.w - step)


def average(s: Lines, name: str, before: float, share: float, value: float) -> float:
    """`a ← β a + (1 − β) value`."""
    formula = f"{share:g} · {before:.5g} + (1 − {share:g}) · {value:.5g}"
    return s.line(name, formula, share * before + (1 - share) * value)


def sgd(s: Lines) -> None:
    """`v ← momentum · v − lr · g`, `w ← w + v`; Nesterov's: `w ← w + momentum · v − lr · g`."""
    beta = s.optimizer.momentum
    if not beta:
        s.subtract(s.lr * s.g, f"{s.lr:.5g} · {s.g:.5g}")
        return
    before = s.state("momentums")
    formula = f"{beta:g} · {before:.5g} − {s.lr:.5g} · {s.g:.5g}"
    v = s.line("velocity v", formula, beta * before - s.lr * s.g)
    if s.optimizer.nesterov:
        formula = f"{beta:g} · {v:.5g} − {s.lr:.5g} · {s.g:.5g}"
        v = s.line("step ahead", formula, beta * v - s.lr * s.g)
    s.line("the new weight", f"{s.w:.5g} + {v:.5g}", s.w + v)


def adam(s: Lines) -> None:
    """`m`, `v`, `α = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`, `w ← w − α · m / (√v + ε)`."""
    o = s.optimizer
    m = average(s, "mean m", s.state("_momentums"), o.beta_1, s.g)
    v = average(s, "mean square v", s.state("_velocities"), o.beta_2, s.g**2)
    if o.amsgrad:
        before = s.state("_velocity_hats")
        v = s.line("largest v so far", f"max({before:.5g}, {v:.5g})", max(before, v))
    formula = f"{s.lr:.5g} · √(1 − {o.beta_2:g}^{s.t}) / (1 − {o.beta_1:g}^{s.t})"
    alpha = s.lr * (1 - o.beta_2**s.t) ** 0.5 / (1 - o.beta_1**s.t)
    alpha = s.line(f"rate α of step {s.t}", formula, alpha)
    formula = f"{alpha:.5g} · {m:.5g} / (√{v:.5g} + {o.epsilon:g})"
    s.subtract(s.line("step", formula, alpha * m / (v**0.5 + o.epsilon)))


def nadam(s: Lines) -> None:
    """Adam with Nesterov's momentum: `m̂` looks one step ahead."""
    o = s.optimizer
    now, ahead = (o.beta_1 * (1 - 0.5 * 0.96**t) for t in (s.t, s.t + 1))
    product = (float(o._u_product) if o.built else 1.0) * now
    m = average(s, "mean m", s.state("_momentums"), o.beta_1, s.g)
    v = average(s, "mean square v", s.state("_velocities"), o.beta_2, s.g**2)
    s.line("momentum μ now", f"{o.beta_1:g} · (1 − 0.5 · 0.96^{s.t})", now)
    s.line("momentum μ ahead", f"{o.beta_1:g} · (1 − 0.5 · 0.96^{s.t + 1})", ahead)
    formula = (
        f"{ahead:.5g} · {m:.5g} / (1 − {product * ahead:.5g}) "
        f"+ (1 − {now:.5g}) · {s.g:.5g} / (1 − {product:.5g})"
    )
    hat = ahead * m / (1 - product * ahead) + (1 - now) * s.g / (1 - product)
    hat = s.line("m̂", formula, hat)
    formula = f"{v:.5g} / (1 − {o.beta_2:g}^{s.t})"
    v_hat = s.line("v̂", formula, v / (1 - o.beta_2**s.t))
    formula = f"{s.lr:.5g} · {hat:.5g} / (√{v_hat:.5g} + {o.epsilon:g})"
    s.subtract(s.line("step", formula, s.lr * hat / (v_hat**0.5 + o.epsilon)))


def adamax(s: Lines) -> None:
    """`m`, `u ← max(β₂ u, |g|)`, `w ← w − lr / (1 − β₁ᵗ) · m / (u + ε)`."""
    o = s.optimizer
    m = average(s, "mean m", s.state("_m"), o.beta_1, s.g)
    before = s.state("_u")
    formula = f"max({o.beta_2:g} · {before:.5g}, |{s.g:.5g}|)"
    u = s.line("largest u", formula, max(o.beta_2 * before, abs(s.g)))
    rate = s.lr / (1 - o.beta_1**s.t)
    rate = s.line(f"rate of step {s.t}", f"{s.lr:.5g} / (1 − {o.beta_1:g}^{s.t})", rate)
    formula = f"{rate:.5g} · {m:.5g} / ({u:.5g} + {o.epsilon:g})"
    s.subtract(s.line("step", formula, rate * m / (u + o.epsilon)))


def rmsprop(s: Lines) -> None:
    """`v ← ρ v + (1 − ρ) g²`, `w ← w − lr · g / √(v + ε)`."""
    o = s.optimizer
    v = average(s, "mean square v", s.state("_velocities"), o.rho, s.g**2)
    if o.centered:
        a = average(s, "mean a", s.state("_average_gradients"), o.rho, s.g)
        v = s.line("variance", f"{v:.5g} − {a:.5g}²", v - a**2)
    formula = f"{s.lr:.5g} · {s.g:.5g} / √({v:.5g} + {o.epsilon:g})"
    step = s.line("step", formula, s.lr * s.g / (v + o.epsilon) ** 0.5)
    if o.momentum > 0:
        before = s.state("_momentums")
        formula = f"{o.momentum:g} · {before:.5g} + {step:.5g}"
        step = s.line("with momentum", formula, o.momentum * before + step)
    s.subtract(step)


def adagrad(s: Lines) -> None:
    """`G ← G + g²`, `w ← w − lr · g / √(G + ε)`."""
    o = s.optimizer
    before = s.state("_accumulators", o.initial_accumulator_value)
    total = s.line("sum of squares G", f"{before:.5g} + {s.g:.5g}²", before + s.g**2)
    formula = f"{s.lr:.5g} · {s.g:.5g} / √({total:.5g} + {o.epsilon:g})"
    s.subtract(s.line("step", formula, s.lr * s.g / (total + o.epsilon) ** 0.5))


def adadelta(s: Lines) -> None:
    """`E[g²]`, `Δ = √(E[Δ²] + ε) / √(E[g²] + ε) · g`, `w ← w − lr · Δ`."""
    o = s.optimizer
    squares = average(s, "mean of g²", s.state("_accumulated_grads"), o.rho, s.g**2)
    before = s.state("_accumulated_delta_vars")
    formula = f"√({before:.5g} + {o.epsilon:g}) / √({squares:.5g} + {o.epsilon:g}) · {s.g:.5g}"
    ratio = (before + o.epsilon) ** 0.5 / (squares + o.epsilon) ** 0.5
    step = s.line("Δ", formula, ratio * s.g)
    s.subtract(s.lr * step, f"{s.lr:.5g} · {step:.5g}")


def lion(s: Lines) -> None:
    """`w ← w − lr · sign(β₁ m + (1 − β₁) g)`."""
    o = s.optimizer
    direction = average(s, "between m and g", s.state("_momentums"), o.beta_1, s.g)
    sign = s.line("sign", f"sign({direction:.5g})", (direction > 0) - (direction < 0))
    s.subtract(s.lr * sign, f"{s.lr:.5g} · {sign:g}")


def ftrl(s: Lines) -> None:
    """`n ← n + g²`, `z`, and the weight that they give."""
    o = s.optimizer
    power, l1 = -o.learning_rate_power, o.l1_regularization_strength
    n, z = s.state("_accumulators", o.initial_accumulator_value), s.state("_linears")
    new = s.line("sum of squares n", f"{n:.5g} + {s.g:.5g}²", n + s.g**2)
    sigma = (new**power - n**power) / s.lr
    sigma = s.line("σ", f"({new:.5g}^{power:g} − {n:.5g}^{power:g}) / {s.lr:.5g}", sigma)
    shrinkage = 2 * o.l2_shrinkage_regularization_strength * s.w
    formula = f"{z:.5g} + {s.g:.5g} + {shrinkage:.5g} − {sigma:.5g} · {s.w:.5g}"
    z = s.line("z", formula, z + s.g + shrinkage - sigma * s.w)
    curvature = (new**power + o.beta) / s.lr + 2 * o.l2_regularization_strength
    formula = (
        f"({new:.5g}^{power:g} + {o.beta:g}) / {s.lr:.5g} + 2 · {o.l2_regularization_strength:g}"
    )
    curvature = s.line("curvature", formula, curvature)
    clipped = min(max(z, -l1), l1)
    formula = f"({clipped:.5g} − {z:.5g}) / {curvature:.5g}"
    s.line("the new weight", formula, (clipped - z) / curvature)


UPDATE_RULES: dict[Callable, Callable[[Lines], None]] = {
    optimizers.SGD.update_step: sgd,
    optimizers.Adam.update_step: adam,
    optimizers.Nadam.update_step: nadam,
    optimizers.Adamax.update_step: adamax,
    optimizers.RMSprop.update_step: rmsprop,
    optimizers.Adagrad.update_step: adagrad,
    optimizers.Adadelta.update_step: adadelta,
    optimizers.Lion.update_step: lion,
    optimizers.Ftrl.update_step: ftrl,
}
"""By the step itself, so that a subclass with another step has no wrong explanation."""
