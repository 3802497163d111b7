"""`explain_update`: the arithmetic of an optimizer's step for one weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.explanations.explanation import Explanation, Parts
from minicnn.analysis.explanations.update_rules import UPDATE_RULES, Lines
from minicnn.analysis.output_explanations import element
from minicnn.autodiff import Tensor, Variable
from minicnn.optimizers import Optimizer


def explain_update(
    optimizer: Optimizer, variable: Variable, index: Sequence[int] | int, gradient: Any
) -> Explanation:
    """The arithmetic of the optimizer's next step for one weight, line by line as in the paper.

    Gradients are clipped and weights decay as the optimizer says. Neither the optimizer nor the
    weight changes.

    Args:
        optimizer: one of those in the table; its moments are those it has now.
        variable: the weights.
        index: which of them.
        gradient: the gradient to all of them.

    Returns:
        An `Explanation`, whose last step is the new weight.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.analysis import explain_update
        >>> w = keras.Variable([1.0, 2.0], name="w")
        >>> print(explain_update(keras.optimizers.SGD(0.1, momentum=0.9), w, 1, [0.0, 3.0]))
        w[1] = 2  (SGD)
        from  at                    calculation  number
        ───────────────────────────────────────────────
              gradient g                              3
              learning rate                         0.1
              velocity v      0.9 · 0 − 0.1 · 3    -0.3
              the new weight           2 + -0.3     1.7

    Raises:
        ValueError: an optimizer without an explanation, or settings that need other gradients.
        IndexError: a weight that there is not.
    """
    rule = UPDATE_RULES.get(type(optimizer).update_step)
    if rule is None:
        known = sorted({f.__qualname__.split(".")[0] for f in UPDATE_RULES})
        raise ValueError(
            f"There is no explanation of a step of {type(optimizer).__name__}. There is one of "
            f"{', '.join(known)}."
        )
    gradient = np.asarray(gradient.numpy() if isinstance(gradient, Tensor) else gradient)
    gradient = gradient.astype("float64")
    shape = tuple(variable.shape)
    if gradient.shape != shape:
        raise ValueError(
            f"The gradient must have the shape of the weights {variable.path!r}, {shape}. "
            f"Received: {gradient.shape}."
        )
    index = (index,) if hasattr(index, "__index__") else tuple(index)
    at = element((1, *shape), index, 0, variable.path)[1:]
    value = float(variable.numpy()[at])
    lines = Lines(optimizer, variable, at)
    _prepare(lines, gradient)
    rule(lines)
    return Explanation(
        variable.path, type(optimizer).__name__, at, None, value, Parts([], lines.steps)
    )


def _prepare(lines: Lines, gradient: np.ndarray) -> None:
    """The gradient as the step gets it, and the weight after the decay."""
    optimizer, g = lines.optimizer, float(gradient[lines.at])
    if optimizer.global_clipnorm or optimizer.gradient_accumulation_steps or optimizer.use_ema:
        raise ValueError(
            "`explain_update` explains a step of one weight, but with `global_clipnorm`, "
            "`gradient_accumulation_steps` or `use_ema` it depends on other gradients and steps."
        )
    if lines.variable.constraint is not None:
        raise ValueError(
            f"The weights {lines.variable.path!r} have a constraint, which is applied to all of "
            "them together after the step: it is not explained."
        )
    g = lines.line("gradient g", "", g)
    if optimizer.loss_scale_factor is not None:
        scale = optimizer.loss_scale_factor
        g = lines.line("without the scale", f"{g:.5g} / {scale:.5g}", g / scale)
    if optimizer.clipnorm:
        norm = float(np.linalg.norm(gradient)) / (optimizer.loss_scale_factor or 1)
        most = optimizer.clipnorm
        formula = f"{g:.5g} · {most:.5g} / max({norm:.5g}, {most:.5g})"
        g = lines.line("clipped by norm", formula, g * most / max(norm, most))
    elif optimizer.clipvalue:
        most = optimizer.clipvalue
        g = lines.line("clipped", f"to ±{most:.5g}", float(np.clip(g, -most, most)))
    lines.g = g
    lines.lr = lines.line("learning rate", "", float(optimizer.learning_rate))
    if optimizer.weight_decay is not None and optimizer._use_weight_decay(lines.variable):
        w, share = lines.w, optimizer.weight_decay
        formula = f"{w:.5g} − {lines.lr:.5g} · {share:.5g} · {w:.5g}"
        lines.w = lines.line("decayed weight", formula, w - lines.lr * share * w)
