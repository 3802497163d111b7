"""Runs a whole network: its output, its gradients, and what happens to it afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.cases import network_data
from compare.cases.case import Case
from compare.cases.kinds.network_life import Life, weights
from compare.cases.kinds.shared import assign
from compare.cases.network import Network
from compare.libraries.library import Library


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of the network in the setting `network`."""
    network: Network = case.settings["network"]
    model = build(library, network)
    inputs = [library.array(x[: network.batch]) for x in network_data.inputs(network)]
    values = weights(library, model, network_data.WEIGHTS)
    found: dict[str, Any] = {
        "weights": " ".join(f"{w.name}{tuple(w.shape)}" for w in model.weights),
        "output shape": str(tuple(model.output_shape)),
    }
    assign(model, values)
    found["output"] = library.numpy(_call(model, inputs, training=False))
    found |= _gradients(library, case, model, inputs)
    assign(model, values)
    return found | Life(library, network, model).run()


def build(library: Library, network: Network) -> Any:
    """The network as a model of the library, not compiled."""
    keras = library.keras
    kind = "int32" if network.vocabulary else None
    tensors = [keras.Input(shape, dtype=kind) for shape in network.inputs]
    chains: list[list[Any]] = []
    inputs = list(tensors)
    for step in network.steps:
        if step.shared_with is None:
            chains.append(library.layer(step.name, step.settings))
        else:
            chains.append(chains[step.shared_with])
        if not network.sequential:
            sources = [tensors[i] for i in step.sources]
            called: Any = sources[0] if len(sources) == 1 else sources
            for layer in chains[-1]:
                called = layer(called)
            tensors.append(called)
    if network.sequential:
        return keras.Sequential([*inputs, *(layer for chain in chains for layer in chain)])
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], tensors[-1])


def _call(model: Any, inputs: list, training: bool) -> Any:
    return model(inputs if len(inputs) > 1 else inputs[0], training=training)


def _gradients(
    library: Library, case: Case, model: Any, inputs: list[np.ndarray]
) -> dict[str, Any]:
    """The gradients in training for a random cotangent; zeros where there is no gradient."""
    network: Network = case.settings["network"]
    variables = model.trainable_weights
    fixed = inputs if network.vocabulary else []
    points = [] if network.vocabulary else inputs
    cotangent = library.array(
        network_data.numbers(network_data.COTANGENT, network.batch, *network.output)
    )

    def function(*tensors: Any) -> list:
        called = [*map(library.tensor, fixed), *tensors]
        return [_call(model, called, training=True)]

    names = [f"gradient to input {i}" for i in range(len(points))]
    names += [f"gradient to trainable weight {i} {v.name}" for i, v in enumerate(variables)]
    starting = [*points, *(library.numpy(v) for v in variables)]
    unconfirmed = bool(case.held_constant)
    gradients = library.differentiate(function, points, variables, [cotangent], unconfirmed)
    outputs = function(*map(library.tensor, points))
    found: dict[str, Any] = {"output in training": library.numpy(outputs[0])}
    for name, x, gradient in zip(names, starting, gradients, strict=True):
        found[name] = np.zeros_like(x) if gradient is None else gradient
    return found
