"""How layers and operations with several inputs, and normalizations, compute one element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.analysis.explanations.explanation import Parts, Step, Terms
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import Tensor, Variable
from minicnn.common import configuration

At = tuple[int, ...]


def combined(name: str, function: Callable[[Sequence[float]], float]) -> Callable:
    """A rule for a function of the elements at one place of all inputs."""

    def rule(call: Call, at: At, sources: Sequence[str]) -> Parts:
        names = iter(sources)
        terms, numbers = [], []
        for x in operands(call):
            source = next(names) if isinstance(x, Tensor) else "a constant"
            array = np.asarray(x.numpy() if isinstance(x, (Tensor, Variable)) else x)
            place = place_in(array.shape, at, aligned_left=_is_merge(call))
            values = np.array([array[place]])
            places = np.array([place[1:]], int).reshape(1, -1)
            terms.append(Terms("operand", source, places, {"input": values}))
            numbers.append(float(values[0]))
        formula = name.join(f"{n:.5g}" for n in numbers)
        formula = formula if name.startswith(" ") else f"{name}({_listed(numbers)})"
        return Parts(terms, [Step("result", formula, float(function(numbers)))])

    return rule


def operands(call: Call) -> list[Any]:
    """The tensors and constants that a layer or operation was called with."""
    return tree.flatten(call.arguments[0])


def place_in(shape: tuple[int, ...], at: At, aligned_left: bool) -> At:
    """Which element of an operand belongs to one of the result, as shapes are broadcast."""
    index = (at[0], *at[1 + len(at) - len(shape) :]) if aligned_left else at[len(at) - len(shape) :]
    return tuple(0 if n == 1 else i for i, n in zip(index, shape, strict=True))


def _is_merge(call: Call) -> bool:
    return getattr(call.layer, "declaration", None) is None


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{n:.5g}" for n in numbers)


def dot(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[i, j] = Σₖ a[k, i] · b[k, j]`, where k runs along `axes`."""
    axes = call.layer._axes_of([len(x.shape) for x in call.inputs])
    rest = list(at[1:])
    groups, vectors = [], []
    for x, axis in zip(call.inputs, axes, strict=True):
        others = [a for a in range(1, len(x.shape)) if a != axis]
        index = [at[0]] + [slice(None)] * (len(x.shape) - 1)
        for a in others:
            index[a] = rest.pop(0)
        vector = x.numpy()[tuple(index)].astype("float64")
        index[axis] = 0
        places = np.repeat([index[1:]], len(vector), axis=0)
        places[:, axis - 1] = np.arange(len(vector))
        groups.append(places)
        length = max(float((vector**2).sum()), 1e-24) ** 0.5 if call.layer.normalize else 1.0
        vectors.append(vector / length)
    names = ("first, of length 1", "second, of length 1") if call.layer.normalize else ("a", "b")
    terms = Terms("products", sources[0], groups[0], dict(zip(names, vectors, strict=True)))
    return Parts([terms], [Step("sum of the products", "Σ a · b", terms.total)])


def batch_normalization(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = gamma · (x − μ) / √(σ² + ε) + beta`, with the averages or the batch's statistics."""
    layer, x = call.layer, call.inputs[0].numpy().astype("float64")
    axis = layer.axis % x.ndim
    c = at[axis]
    own = float(x[at])
    here = Terms("the same place", sources[0], np.array([at[1:]]), {"input": np.array([own])})
    if not (call.arguments[1].get("training") and layer.trainable):
        mean, variance = (float(v.numpy()[c]) for v in (layer.moving_mean, layer.moving_variance))
        return Parts([here], normalized(layer, own, mean, variance, c, "moving average"))
    channel = np.take(x, c, axis=axis)
    formula = f"of {channel.size} numbers of the batch"
    return Parts([here], normalized(layer, own, channel.mean(), channel.var(), c, formula))


def layer_normalization(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = gamma · (x − μ) / √(σ² + ε) + beta`, μ and σ² along the axes of one sample."""
    layer, x = call.layer, call.inputs[0].numpy()
    axes = sorted(a % x.ndim for a in layer.axis)
    together = grid_of(x.shape, at, axes)
    where = tuple(at[a] for a in axes)
    return _of_sample(call, at, sources, together, where)


def group_normalization(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = gamma · (x − μ) / √(σ² + ε) + beta`, μ and σ² of the channels of one group."""
    layer, x = call.layer, call.inputs[0].numpy()
    axis = layer.axis % x.ndim
    size = x.shape[axis] // layer.groups
    first = at[axis] // size * size
    together = grid_of(x.shape, at, range(1, x.ndim))
    group = (together[:, axis] >= first) & (together[:, axis] < first + size)
    return _of_sample(call, at, sources, together[group], at[axis])


def grid_of(shape: tuple[int, ...], at: At, axes: Sequence[int]) -> np.ndarray:
    """The places with the same position as `at` along all axes but these."""
    ranges = [range(n) if a in axes else [at[a]] for a, n in enumerate(shape)]
    return np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, len(shape))


def _of_sample(
    call: Call, at: At, sources: Sequence[str], together: np.ndarray, where: Any
) -> Parts:
    x = call.inputs[0].numpy().astype("float64")
    values = x[tuple(together.T)]
    terms = Terms("normalized together", sources[0], together[:, 1:], {"input": values})
    formula = f"of {values.size} numbers"
    steps = normalized(call.layer, float(x[at]), values.mean(), values.var(), where, formula)
    return Parts([terms], steps)


def normalized(
    layer: Any, x: float, mean: float, variance: float, where: Any, formula: str
) -> list[Step]:
    """The lines of a normalization."""
    root = (variance + layer.epsilon) ** 0.5
    steps = [
        Step("mean μ", formula, float(mean)),
        Step("variance σ²", formula, float(variance)),
        Step("centred", f"{x:.5g} − {mean:.5g}", float(x - mean)),
        Step("normalized", f"… / √({variance:.5g} + {layer.epsilon:g})", float((x - mean) / root)),
    ]
    for name, sign in {"gamma": "·", "beta": "+"}.items():
        weight = getattr(layer, name)
        if weight is None:
            continue
        n, before = float(weight.numpy()[where]), steps[-1].value
        value = before * n if name == "gamma" else before + n
        steps.append(Step(f"{sign} {name}", f"… {sign} {n:.5g}", value))
    return steps


def preset_normalization(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = (x − mean) / √variance`, with a mean and variance found before training."""
    layer, x = call.layer, float(call.inputs[0].numpy()[at])
    shape = call.inputs[0].shape
    mean, variance = (
        float(np.broadcast_to(np.asarray(v), shape)[at]) for v in (layer.mean, layer.variance)
    )
    deviation = max(variance**0.5, configuration.epsilon())
    here = Terms("the same place", sources[0], np.array([at[1:]]), {"input": np.array([x])})
    if layer.invert:
        formula, value = f"{mean:.5g} + {x:.5g} · {deviation:.5g}", mean + x * deviation
    else:
        formula, value = f"({x:.5g} − {mean:.5g}) / {deviation:.5g}", (x - mean) / deviation
    return Parts([here], [Step("normalized", formula, value)])


def lengths(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y = scale · x / √(mean x² + ε)` (RMS) or `x / ‖x‖` (unit), along the axes of one sample."""
    layer, x = call.layer, call.inputs[0].numpy().astype("float64")
    axis = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    axes = sorted(a % x.ndim for a in axis)
    together = grid_of(x.shape, at, axes)
    values = x[tuple(together.T)]
    terms = Terms("normalized together", sources[0], together[:, 1:], {"input": values})
    scale = getattr(layer, "scale", None)
    if scale is None:
        root = max(float((values**2).sum()), 1e-24) ** 0.5
        steps = [Step("length", f"√ Σ x², {values.size} numbers", root)]
    else:
        root = float(((values**2).mean() + layer.epsilon) ** 0.5)
        steps = [Step("root mean square", f"√(mean x² + {layer.epsilon:g})", root)]
    steps.append(Step("normalized", f"{x[at]:.5g} / {root:.5g}", float(x[at] / root)))
    if scale is not None:
        n = float(scale.numpy()[tuple(at[a] for a in axes)])
        steps.append(Step("· scale", f"… · {n:.5g}", steps[-1].value * n))
    return Parts([terms], steps)


def total(numbers: Sequence[float]) -> float:
    """The sum of all."""
    return float(np.sum(numbers))


def difference(numbers: Sequence[float]) -> float:
    """The first minus the second."""
    return numbers[0] - numbers[1]


def product(numbers: Sequence[float]) -> float:
    """The product of all."""
    return float(np.prod(numbers))


def quotient(numbers: Sequence[float]) -> float:
    """The first divided by the second."""
    return numbers[0] / numbers[1]
