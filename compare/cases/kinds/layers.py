"""Runs a layer: outputs, gradients and state, in inference and in training."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.kinds.outlines import outline
from compare.cases.kinds.shared import (
    DifferentiableInputs,
    assign,
    configuration,
    dtype,
    floating,
    gradients,
)
from compare.cases.values import apart, within
from compare.libraries.library import Library, SharedRandomNumbers

POSITIVE = ("variance", "gamma", "stddev", "scale")
MODES = {"inference": False, "training": True}


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a layer. Without inputs, its configuration only."""
    with library.shared_random_numbers() as draws:
        return _run(library, case, draws)


def _run(library: Library, case: Case, draws: SharedRandomNumbers) -> dict[str, Any]:
    layer = make(library, case)
    found: dict[str, Any] = configuration(library, layer)
    if not case.inputs:
        return found
    differentiable = DifferentiableInputs(library, case)
    tree = library.keras.tree
    call = {
        name: tree.map_structure(
            lambda x: library.tensor(x) if isinstance(x, np.ndarray) else x,
            library.values(x, f"{case.label}/{name}"),
        )
        for name, x in case.call.items()
    }

    def apply(*tensors: Any, training: bool) -> list:
        inputs = differentiable.with_tensors(tensors)
        draws.restart()
        if getattr(layer, "stateful", False):
            layer.reset_state()
        return tree.flatten(layer(*as_arguments(layer, inputs), training=training, **call))

    starting = [library.tensor(x) for x in differentiable.arrays]
    outputs = apply(*starting, training=False)
    shapes = [tuple(x.shape) for x in tree.flatten(differentiable.with_tensors(starting))]
    found["output shape"] = str(tuple(layer.compute_output_shape(*as_arguments(layer, shapes))))
    found["output type"] = " ".join(map(dtype, outputs))
    found["outline"] = outline(
        library,
        case.name,
        lambda inputs: tree.flatten(layer(*as_arguments(layer, inputs), training=False, **call)),
        differentiable.with_tensors(starting),
        outputs,
    )
    found["weights"] = " ".join(f"{v.name}{tuple(v.shape)}" for v in layer.weights)
    found |= initial_and_constrained(library, case, layer)
    weights = _weights(library, case, layer)
    mask = layer.compute_mask(*_for_mask(differentiable.with_tensors(starting)))
    if any(m is not None for m in tree.flatten(mask)):
        found["mask"] = library.numpy(mask)
    for mode, training in MODES.items():
        assign(layer, weights)
        outputs = apply(*starting, training=training)
        found |= {f"{mode}: output {i}": library.numpy(y) for i, y in enumerate(outputs)}
        found |= {f"{mode}: loss {i}": library.numpy(y) for i, y in enumerate(layer.losses)}
        found |= {f"{mode}: {v.name}": library.numpy(v) for v in layer.non_trainable_weights}
        assign(layer, weights)

        def function(*tensors: Any, training: bool = training) -> list:
            return floating(apply(*tensors, training=training)) + list(layer.losses)

        found |= {
            f"{mode}: {name}": g
            for name, g in gradients(
                library, case, function, differentiable, layer.trainable_weights
            ).items()
        }
    return found


def as_arguments(layer: Any, inputs: list) -> list:
    """The inputs of a case as the layer's call takes them: several in a list, or one by one."""
    one_by_one = len(inputs) == 1 or "query" in inspect.signature(layer.call).parameters
    return inputs if one_by_one else [inputs]


def make(library: Library, case: Case) -> Any:
    """The layer of a case."""
    settings = library.resolve(dict(case.settings))
    return library.find(f"layers.{case.name}")(**settings, name="case")


def initial_and_constrained(library: Library, case: Case, layer: Any) -> dict[str, np.ndarray]:
    """The first values of the weights, and what their constraints make of the case's values."""
    found = {f"initial {i} {v.name}": library.numpy(v) for i, v in enumerate(layer.weights)}
    assign(layer, _weights(library, case, layer))
    for i, v in enumerate(layer.weights):
        if getattr(v, "constraint", None) is not None:
            found[f"constrained {i} {v.name}"] = library.numpy(v.constraint(v.value))
    return found


def _for_mask(inputs: list) -> tuple:
    return (inputs[0], None) if len(inputs) == 1 else (inputs, [None] * len(inputs))


def _weights(library: Library, case: Case, layer: Any) -> list[np.ndarray]:
    """Random values for all weights; a bias of zeros would hide mistakes."""
    drawn = []
    for i, v in enumerate(layer.weights):
        positive = any(word in v.name for word in POSITIVE)
        values = within(0.5, 1.5, *v.shape) if positive else apart(*v.shape)
        drawn.append(library.values(values, f"{case.label}/weight {i}"))
    return drawn
