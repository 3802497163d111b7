"""The small example of a layer: its output and its gradients, each number explained."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis.derivative_explanations import Derivatives, computed_output
from minicnn.analysis.explanations.output_rules import OPERATION_RULES, OUTPUT_RULES, rule_for
from minicnn.analysis.explanations.spread_rules import SPREAD_OF_OPERATIONS, SPREAD_RULES
from minicnn.analysis.explanations.weight_rules import weight_rule
from minicnn.analysis.gradient_explanations import explained_gradient, explained_weight_gradient
from minicnn.analysis.output_explanations import explained_output
from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.studio.lessons.costs import cost_of_layer
from minicnn.studio.lessons.example_numbers import Numbers, each, given
from minicnn.studio.lessons.shapes import places_formula
from minicnn.studio.lessons.small_models import input_shape, made, model_of, weights_of
from minicnn.studio.lessons.topics import Topic


def layer_example(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    """A layer with the reader's numbers, forward and backward."""
    layer = made(topic, settings)
    shape = input_shape(topic, settings)
    model = model_of(layer, shape, topic)
    names = ["input"] if topic.inputs == 1 else [f"input[{i}]" for i in range(topic.inputs)]
    inputs = {name: given(numbers, name, shape, topic.integers) for name in names}
    weights = weights_of(layer)
    for name, w in weights.items():
        w.assign(given(numbers, name, tuple(w.shape)))
    cotangent = given(numbers, "cotangent", tuple(model.output_shape))
    x = list(inputs.values()) if topic.inputs > 1 else inputs["input"]
    found = record_gradients(model, x, cotangent, "lesson", training=True)
    call = found.recorded.call_of(layer) if layer in model.layers else found.recorded.calls[-1]
    output = call.outputs[0].numpy()
    tensors = {**inputs, **{n: w.numpy() for n, w in weights.items()}, "output": output}
    gradients = {}
    if not topic.integers:
        sources = dict(zip(names, found.recorded.inputs, strict=True))
        gradients = {n: found.of(t) for n, t in sources.items()}
        if all(g is None for g in gradients.values()):  # the outputs are whole numbers
            gradients = {n: np.zeros(t.shape, "float32") for n, t in sources.items()}
    gradients |= {n: found.weights[w.path] for n, w in weights.items()}
    gradients = {name: g for name, g in gradients.items() if g is not None}
    return {
        "kind": "layer",
        "layer": call.name,
        "tensors": tensors,
        "cotangent": cotangent,
        "gradients": gradients,
        "forward": _forward(found, call, topic),
        "backward": {n: _backward(found, call, n, weights.get(n), g) for n, g in gradients.items()},
        "shapes": {"input": list(shape), "output": list(output.shape)},
        "places": places_formula(layer, shape),
        "cost": cost_of_layer(model, shape[0]),
    }


def _forward(found: RecordedGradients, call: Any, topic: Topic) -> list[dict]:
    """How each output came about: by the rule of the layer, or what it depends on."""
    output = call.outputs[0].numpy()
    source = "input" if topic.inputs == 1 else "input[0]"
    if rule_for(call.layer, OUTPUT_RULES, OPERATION_RULES):
        return each(output, lambda i, n: explained_output(found.recorded, call, i, n))
    if topic.integers:
        return each(output, lambda i, n: computed_output(call, (n, *i), source))
    derivatives = Derivatives(found, call, 0)
    return each(output, lambda i, n: derivatives.output((n, *i), source))


def _backward(
    found: RecordedGradients, call: Any, name: str, weight: Any, gradient: np.ndarray
) -> list[dict]:
    """How each element of a gradient came about: by the rule of the layer, or its derivatives."""
    if weight is None and rule_for(call.layer, SPREAD_RULES, SPREAD_OF_OPERATIONS):
        return each(gradient, lambda i, n: explained_gradient(found, name, i, n))
    if weight is not None and weight_rule(call.layer, weight):
        whole = each(gradient[None], lambda i, n: explained_weight_gradient(found, weight, i))
        return [{**one, "index": one["index"][1:]} for one in whole]
    of = weight if weight is not None else int(name[6:-1] or 0)
    derivatives = Derivatives(found, call, of)
    whole = each(gradient[None], lambda i, n: derivatives.gradient(i))
    return [{**one, "index": one["index"][1:]} for one in whole]
