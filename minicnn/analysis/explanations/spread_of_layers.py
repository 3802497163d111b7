"""What layers without windows give to the gradient of an element of their input."""

from __future__ import annotations

import numpy as np

from minicnn.analysis.explanations.explanation import Terms
from minicnn.analysis.explanations.layer_copies import layer_with, pulled_back
from minicnn.analysis.explanations.spread_of_windows import weighted
from minicnn.analysis.explanations.sums_of_layers import alpha_numbers, called_with, element_numbers
from minicnn.analysis.explanations.sums_of_merging import grid_of
from minicnn.analysis.recorded_gradients import Cotangent
from minicnn.analysis.watched_calls import Call

At = tuple[int, ...]


def dense(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[i] = Σ δ[u] · w[i, u]`."""
    kernel = call.layer.kernel.numpy()
    units = np.arange(kernel.shape[1])
    places = np.stack([*(np.full(len(units), n) for n in at[1:-1]), units], axis=-1)
    return weighted(call, at, cotangent, places, kernel=kernel[at[-1]])


def elementwise(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = δ · f'(x)`."""
    x = call.inputs[number].array
    ones = np.ones(call.outputs[0].shape, call.outputs[0].dtype)
    slope = pulled_back(lambda t: called_with(call, [t]), x, ones)[at]
    return weighted(call, at, cotangent, np.array([at[1:]]), slope=np.array([slope]))


def activation(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = δ · f'(x)`: the cotangent before the activation is that of the input."""
    return weighted(call, at, cotangent, np.array([at[1:]]))


def dropout(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = δ` in inference; in training δ times what the element was multiplied by."""
    x, y = call.inputs[0].numpy()[at], call.outputs[0].numpy()[at]
    kept = 1.0 if x == y and not call.arguments[1].get("training") else y / x if x else np.nan
    return weighted(call, at, cotangent, np.array([at[1:]]), kept=np.array([kept]))


def noise(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = δ`: noise is added."""
    return weighted(call, at, cotangent, np.array([at[1:]]), slope=np.ones(1))


def alpha_dropout(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = a · δ` for an element that was kept, else 0; `δ` in inference."""
    a, _, is_kept = alpha_numbers(call, at)
    unchanged = call.inputs[0].numpy()[at] == call.outputs[0].numpy()[at]
    slope = 1.0 if unchanged else a * is_kept
    return weighted(call, at, cotangent, np.array([at[1:]]), slope=np.array([slope]))


def softmax(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂z[i] = Σ δ[j] · p[j] · ([i = j] − p[i])`."""
    axis, p = call.layer.axis, call.outputs[0].numpy()
    axes = [a % p.ndim for a in (axis if isinstance(axis, (list, tuple)) else [axis])]
    together = grid_of(p.shape, at, axes)
    own = (together == at).all(axis=1)
    slope = p[tuple(together.T)] * (own - p[at])
    return weighted(call, at, cotangent, together[:, 1:], slope=slope)


def linear(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = Σ δ[o] · weight[o]`: what the layer makes of 1 at this element and 0 elsewhere."""
    layer = call.layer
    copy = (
        layer_with(layer, activation=None, use_bias=False) if hasattr(layer, "use_bias") else layer
    )
    bare = call._replace(layer=copy)
    one = np.zeros(call.inputs[number].shape, call.inputs[number].dtype)
    zeros = one.copy()
    one[at] = 1

    def response(value: np.ndarray) -> np.ndarray:
        given = [value if i == number else x.array for i, x in enumerate(call.inputs)]
        return np.asarray(called_with(bare, given))

    weights = (response(one) - response(zeros))[at[0]]
    places = np.argwhere(weights != 0)
    return weighted(call, at, cotangent, places, weight=weights[tuple(places.T)])


def moved(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = Σ δ[o]`, over the places where the number went."""
    numbers = element_numbers(call)
    went = np.asarray(called_with(call, numbers))[0].round()
    places = np.argwhere(went == numbers[number][0][at[1:]])
    return weighted(call, at, cotangent, places)


def batch_normalization(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x = γ/√(σ² + ε) · δ`; in training also through the mean and the variance:

    `γ/√(σ² + ε) · (δ − mean δ − x̂ · mean(δ · x̂))`.
    """
    layer, x = call.layer, call.inputs[0].numpy().astype("float64")
    axis = layer.axis % x.ndim
    c = at[axis]
    gamma = 1.0 if layer.gamma is None else float(layer.gamma.numpy()[c])
    here = np.array([at[1:]])
    if not (call.arguments[1].get("training") and layer.trainable):
        factor = gamma / (float(layer.moving_variance.numpy()[c]) + layer.epsilon) ** 0.5
        return weighted(call, at, cotangent, here, **{"γ/√(σ² + ε)": np.array([factor])})
    channel, delta = (np.take(a, c, axis=axis) for a in (x, cotangent.before.astype("float64")))
    root = (channel.var() + layer.epsilon) ** 0.5
    normed = (channel - channel.mean()) / root
    own = (x[at] - channel.mean()) / root
    factor = np.array([gamma / root])
    through_mean = {"−mean δ": np.array([-delta.mean()]), "γ/√(σ² + ε)": factor}
    through_variance = {
        "−mean(δ · x̂)": np.array([-(delta * normed).mean()]),
        "x̂": np.array([own]),
        "γ/√(σ² + ε)": factor,
    }
    return [
        *weighted(call, at, cotangent, here, **{"γ/√(σ² + ε)": factor}),
        Terms(f"{call.name}: through the mean", call.name, None, through_mean),
        Terms(f"{call.name}: through the variance", call.name, None, through_variance),
    ]
