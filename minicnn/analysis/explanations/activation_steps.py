"""The end of most layers: the sum of the products, plus the bias, through the activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import activations, ops
from minicnn.analysis.explanations.explanation import Parts, Step, Terms
from minicnn.analysis.explanations.layer_copies import before_activation, has_activation
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff.quiet import quiet

At = tuple[int, ...]
SOFTMAXES = (activations.softmax, activations.log_softmax, ops.softmax, ops.log_softmax)


def finished(call: Call, at: At, terms: Sequence[Terms], unit: int) -> Parts:
    """`activation(Σ products + bias)`; the products are those of the last group."""
    names = " · ".join(terms[-1].factors)
    steps = [Step("sum of the products", f"Σ {names}", terms[-1].total)]
    bias = getattr(call.layer, "bias", None)
    if bias is not None:
        b = float(bias.numpy()[unit])
        steps.append(Step("with the bias", f"sum + {b:.5g}", steps[-1].value + b))
    if not has_activation(call.layer):
        return Parts([*terms], steps)
    more = activation_parts(
        call.layer.activation, before_activation(call).numpy(), at, steps[-1].value
    )
    return Parts([*terms, *more.terms], [*steps, *more.steps])


def activation_parts(activation: Any, before: np.ndarray, at: At, z: float) -> Parts:
    """An activation of one element.

    Args:
        before: the whole array that the function is applied to.
        at: which element.
        z: its value, more exact than in the array.
    """
    before = before.astype("float64")
    before[at] = z
    if activation in SOFTMAXES:
        return softmax_parts(before, at, (-1,), "log" in activation.__name__)
    with quiet():
        value = float(np.asarray(activation(before))[at])
    name = getattr(activation, "__name__", type(activation).__name__)
    return Parts([], [Step(name, formula_of(activation, z), value)])


def softmax_parts(before: np.ndarray, at: At, axes: Sequence[int], log: bool = False) -> Parts:
    """`e^(z − m) / Σ e^(z − m)`, with m the largest z, so that nothing overflows."""
    axes = {a % before.ndim for a in axes}
    beside = tuple(slice(None) if a in axes else at[a] for a in range(before.ndim))
    own = tuple(at[a] for a in sorted(axes))
    z = before[beside]
    largest = float(z.max())
    e = np.exp(z - largest)
    steps = [
        Step("largest z", "max z", largest),
        Step("exponential", f"e^({z[own]:.5g} − {largest:.5g})", float(e[own])),
        Step("sum of all", f"Σ e^(z − max), {e.size} of them", float(e.sum())),
        Step("softmax", f"{e[own]:.5g} / {e.sum():.5g}", float(e[own] / e.sum())),
    ]
    if log:
        steps.append(Step("log_softmax", "log softmax", float(np.log(steps[-1].value))))
    return Parts([Terms("exponentials", "", None, {"e^(z − max)": e})], steps)


FORMULAS = {
    "relu": "max({z}, 0)",
    "sigmoid": "1 / (1 + e^−({z}))",
    "tanh": "tanh({z})",
    "exponential": "e^({z})",
    "softplus": "log(1 + e^({z}))",
    "silu": "{z} / (1 + e^−({z}))",
    "elu": "{z} if positive, else e^({z}) − 1",
    "leaky_relu": "{z} if positive, else slope · {z}",
    "relu6": "min(max({z}, 0), 6)",
}


def formula_of(activation: Any, z: float) -> str:
    """The formula with the number in it, for those in the table; else the call."""
    name = getattr(activation, "__name__", type(activation).__name__)
    return FORMULAS.get(name, f"{name}({{z}})").format(z=f"{z:.5g}")
