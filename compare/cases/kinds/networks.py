"""Runs a whole network: its output, its gradients, and three steps of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.cases import network_data
from compare.cases.case import Case
from compare.cases.kinds.shared import assign
from compare.cases.network import Network
from compare.libraries.library import Library

STEPS = 3


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of the network in the setting `network`."""
    network: Network = case.settings["network"]
    model = build(library, network)
    inputs = [library.array(x) for x in network_data.inputs(network)]
    weights = [
        library.array(network_data.weight(network_data.WEIGHTS + i, tuple(w.shape), w.name))
        for i, w in enumerate(model.weights)
    ]
    found: dict[str, Any] = {
        "weights": " ".join(f"{w.name}{tuple(w.shape)}" for w in model.weights),
        "output shape": str(tuple(model.output_shape)),
    }
    assign(model, weights)
    found["output"] = library.numpy(_call(model, inputs, training=False))
    found |= _gradients(library, network, model, inputs)
    assign(model, weights)
    return found | _steps(library, network, model, inputs)


def build(library: Library, network: Network) -> Any:
    """The network as a model of the library, not compiled."""
    keras = library.keras
    kind = "int32" if network.vocabulary else None
    tensors = [keras.Input(shape, dtype=kind) for shape in network.inputs]
    layers: list[Any] = []
    inputs = list(tensors)
    for step in network.steps:
        if step.shared_with is None:
            settings = library.resolve(dict(step.settings))
            layers.append(library.find(f"layers.{step.name}")(**settings))
        else:
            layers.append(layers[step.shared_with])
        if not network.sequential:
            sources = [tensors[i] for i in step.sources]
            tensors.append(layers[-1](sources[0] if len(sources) == 1 else sources))
    if network.sequential:
        return keras.Sequential([*inputs, *layers])
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], tensors[-1])


def _call(model: Any, inputs: list, training: bool) -> Any:
    return model(inputs if len(inputs) > 1 else inputs[0], training=training)


def _gradients(
    library: Library, network: Network, model: Any, inputs: list[np.ndarray]
) -> dict[str, Any]:
    """The gradients in training for a random cotangent; zeros where there is no gradient."""
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
    gradients = library.differentiate(function, points, variables, [cotangent])
    outputs = function(*map(library.tensor, points))
    found: dict[str, Any] = {"output in training": library.numpy(outputs[0])}
    for name, x, gradient in zip(names, starting, gradients, strict=True):
        found[name] = np.zeros_like(x) if gradient is None else gradient
    return found


def _steps(library: Library, network: Network, model: Any, inputs: list) -> dict[str, Any]:
    """The loss and the weights after each step of training of the compiled model."""
    model.compile(
        optimizer=library.resolve(network.optimizer),
        loss=library.resolve(network.loss),
        run_eagerly=True,
    )
    given = inputs if len(inputs) > 1 else inputs[0]
    wanted, weights = network_data.labels(network), network_data.sample_weights(network)
    wanted, weights = (
        library.array(x) if x is not None and x.dtype.kind == "f" else x for x in (wanted, weights)
    )
    found: dict[str, Any] = {}
    for step in range(1, STEPS + 1):
        loss = model.train_on_batch(given, wanted, sample_weight=weights)
        found[f"loss of step {step}"] = np.asarray(loss)
        for i, variable in enumerate(model.weights):
            found[f"weight {i} {variable.name} after step {step}"] = library.numpy(variable)
    return found
