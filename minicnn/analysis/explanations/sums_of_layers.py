"""How layers without windows compute one element."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.analysis.explanations.activation_steps import (
    activation_parts,
    finished,
    softmax_parts,
)
from minicnn.analysis.explanations.explanation import Parts, Step, Terms
from minicnn.analysis.explanations.layer_copies import pulled_back
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import Tensor
from minicnn.common import configuration
from minicnn.layers.regularization.alpha_dropout import SATURATION

At = tuple[int, ...]


def dense(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[u] = activation(b[u] + Σ x[i] · w[i, u])`."""
    x, unit = call.inputs[0].numpy()[at[:-1]], at[-1]
    factors = {"input": x, "kernel": call.layer.kernel.numpy()[:, unit]}
    beside = [np.full(len(x), n) for n in at[1:-1]]
    places = np.stack([*beside, np.arange(len(x))], axis=-1)
    return finished(call, at, [Terms("inputs", sources[0], places, factors)], unit)


def embedding(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[..., j] = table[x[...], j]`."""
    row = int(call.inputs[0].numpy()[at[:-1]])
    value = float(call.layer.embeddings.numpy()[row, at[-1]])
    here = same_place(call, at[:-1], sources[0])
    return Parts([here], [Step("looked up", f"embeddings[{row}, {at[-1]}]", value)])


def softmax(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`e^z / Σ e^z` along the axis."""
    axis = call.layer.axis
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    parts = softmax_parts(call.inputs[0].numpy().astype("float64"), at, axes)
    return Parts([same_place(call, at, sources[0]), *parts.terms], parts.steps)


def activation(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """A function of one element (or of a softmax's row)."""
    before = call.inputs[0].numpy()
    parts = activation_parts(call.layer.activation, before, at, float(before[at]))
    return Parts([same_place(call, at, sources[0]), *parts.terms], parts.steps)


def elementwise(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """A function of the element at the same place: `y = slope · x + shift` where it stands."""
    x = call.inputs[0].numpy()
    value = float(call.outputs[0].numpy()[at])
    name = type(call.layer).__name__
    here = same_place(call, at, sources[0])
    return Parts([here], [Step(name, f"{name}({float(x[at]):.5g})", value)])


def relu(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`x` above the threshold, else `slope · (x − threshold)`; at most the largest value."""
    layer, x = call.layer, float(call.inputs[0].numpy()[at])
    slope, bound = layer.negative_slope, getattr(layer, "threshold", 0.0)
    above = x > bound or (x == bound and not slope)
    above = x >= bound if bound else above
    formula = f"{x:.5g}" if above else f"{slope:.5g} · ({x:.5g} − {bound:.5g})"
    steps = [Step("relu", formula, x if above else slope * (x - bound))]
    most = getattr(layer, "max_value", None)
    if most is not None:
        steps.append(Step("at most", f"min(…, {most:.5g})", min(steps[-1].value, most)))
    return Parts([same_place(call, at, sources[0])], steps)


def prelu(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`x` if positive, else `alpha · x`."""
    x = float(call.inputs[0].numpy()[at])
    alpha = np.broadcast_to(call.layer.alpha.numpy(), call.inputs[0].shape[1:])[at[1:]]
    formula = f"{x:.5g}" if x > 0 else f"{alpha:.5g} · {x:.5g}"
    step = Step("prelu", formula, x if x > 0 else float(alpha) * x)
    return Parts([same_place(call, at, sources[0])], [step])


def elu(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`x` if positive, else `alpha · (e^x − 1)`."""
    x, alpha = float(call.inputs[0].numpy()[at]), call.layer.alpha
    formula = f"{x:.5g}" if x > 0 else f"{alpha:.5g} · (e^({x:.5g}) − 1)"
    step = Step("elu", formula, x if x > 0 else alpha * math.expm1(x))
    return Parts([same_place(call, at, sources[0])], [step])


def dropout(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """The same number in inference; in training 0 or the number times `1 / (1 − rate)`."""
    x, y = float(call.inputs[0].numpy()[at]), float(call.outputs[0].numpy()[at])
    here = same_place(call, at, sources[0])
    if x == y:
        return Parts([here], [Step("the same number", f"{x:.5g}", x)])
    name = "dropped" if y == 0 else "kept and scaled"
    return Parts([here], [Step(name, f"{x:.5g} · {y / x if x else 0.0:.5g}", y)])


def noise(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`x` and a random number, in training."""
    x, y = float(call.inputs[0].numpy()[at]), float(call.outputs[0].numpy()[at])
    steps = [Step("the same number", f"{x:.5g}", x)]
    if x != y:
        steps = [Step("with noise", f"{x:.5g} + {y - x:.5g}", y)]
    return Parts([same_place(call, at, sources[0])], steps)


def alpha_dropout(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """In training `a · x + b`, or `a · α' + b` for an element that was dropped."""
    x, y = float(call.inputs[0].numpy()[at]), float(call.outputs[0].numpy()[at])
    here = same_place(call, at, sources[0])
    if x == y:
        return Parts([here], [Step("the same number", f"{x:.5g}", x)])
    a, b, is_kept = alpha_numbers(call, at)
    name, number = ("kept", x) if is_kept else ("dropped: α' in place of it", SATURATION)
    steps = [Step(name, f"{number:.5g}", number)]
    steps.append(Step("a · … + b", f"{a:.5g} · {number:.5g} + {b:.5g}", a * number + b))
    return Parts([here], steps)


def alpha_numbers(call: Call, at: At) -> tuple[float, float, bool]:
    """The scale a and the shift b of an alpha dropout, and whether it kept an element."""
    rate = call.layer.rate
    a = ((1 - rate) * (1 + rate * SATURATION**2)) ** -0.5
    b = -a * SATURATION * rate
    x, y = (float(t.numpy()[at]) for t in (call.inputs[0], call.outputs[0]))
    return a, b, abs(y - (a * x + b)) <= abs(y - (a * SATURATION + b))


def rescaling(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = scale · x + offset`."""
    shape = call.inputs[0].shape
    scale, offset = (_beside(n, at, shape) for n in (call.layer.scale, call.layer.offset))
    x = float(call.inputs[0].numpy()[at])
    steps = [
        Step("scaled", f"{x:.5g} · {scale:.5g}", x * scale),
        Step("with the offset", f"… + {offset:.5g}", x * scale + offset),
    ]
    return Parts([same_place(call, at, sources[0])], steps)


def _beside(numbers: Any, at: At, shape: tuple) -> float:
    """The number that belongs to an element."""
    numbers = np.asarray(numbers)
    if configuration.image_data_format() == "channels_first" and numbers.ndim == 1:
        numbers = numbers.reshape(-1, 1, 1)
    return float(np.broadcast_to(numbers, shape)[at])


def same_place(call: Call, at: At, source: str) -> Terms:
    """The element of the input at the same place."""
    x = call.inputs[0].numpy()
    places = np.array([at[1:]], int).reshape(1, -1)
    return Terms("the same place", source, places, {"input": np.array([x[at]])})


def moved(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """The number stood somewhere else: found by moving the numbers of the elements."""
    values = [x.numpy() for x in call.inputs]
    numbers = element_numbers(call)
    number = round(float(np.asarray(called_with(call, numbers))[0][at[1:]]))
    if not number:
        return Parts([], [Step("padding", "a zero that the layer adds", 0.0)])
    which = next(i for i, n in enumerate(numbers) if number <= n.max())
    place = np.argwhere(numbers[which][0] == number)
    value = values[which][(at[0], *place[0])]
    where = ", ".join(map(str, place[0]))
    terms = Terms("the same number", sources[which], place, {"input": np.array([value])})
    return Parts([terms], [Step("the same number", f"{sources[which]}[{where}]", float(value))])


def element_numbers(call: Call) -> list[np.ndarray]:
    """Arrays like the inputs that hold 1, 2, 3, ...: a number for each element of a sample."""
    numbers, count = [], 1
    for x in call.inputs:
        shape, size = x.shape[1:], math.prod(x.shape[1:])
        numbers.append(np.arange(count, count + size, dtype="float64").reshape(1, *shape))
        count += size
    return numbers


def linear(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = Σ weight · x`; the weights are the derivatives, as the layer is linear."""
    groups = []
    for i, (x, source) in enumerate(zip(call.inputs, sources, strict=True)):
        one = np.zeros(call.outputs[0].shape, call.outputs[0].dtype)
        one[at] = 1
        weights = pulled_back(lambda t, i=i: called_with(call, _replaced(call, i, t)), x.array, one)
        places = np.argwhere(weights[at[0]] != 0)
        where = (at[0], *places.T)
        factors = {"input": x.numpy()[where], "weight": weights[where]}
        groups.append(Terms("inputs", source, places, factors))
    total = sum(terms.total for terms in groups)
    return Parts(groups, [Step("sum of the products", "Σ input · weight", total)])


def called_with(call: Call, values: Sequence[Any]) -> Any:
    """The layer's result for other values of its tensors, in the order of `call.inputs`."""
    waiting = iter(values)
    args, kwargs = tree.map_structure(
        lambda x: next(waiting) if isinstance(x, Tensor) else x, call.arguments
    )
    return call.layer.call(*args, **kwargs)


def _replaced(call: Call, number: int, value: Any) -> list[Any]:
    return [value if i == number else x for i, x in enumerate(call.inputs)]
