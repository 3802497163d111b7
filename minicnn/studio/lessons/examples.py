"""Small examples: a layer, a loss or an optimizer with the reader's numbers, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np

import minicnn as keras
from minicnn import layers, losses, optimizers
from minicnn.analysis import explain_update
from minicnn.analysis.explanations.explanation import Explanation, Parts, Step
from minicnn.analysis.explanations.loss_values import explained_loss
from minicnn.analysis.gradient_explanations import explained_gradient
from minicnn.analysis.recorded_gradients import record_gradients
from minicnn.studio.lessons.costs import cost_of_loss, cost_of_step
from minicnn.studio.lessons.example_numbers import Numbers, each, given, plain
from minicnn.studio.lessons.layer_examples import layer_example
from minicnn.studio.lessons.small_models import fitted, made
from minicnn.studio.lessons.topics import Topic


def example(topic: Topic, chosen: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    """The example of a page with what the reader chose.

    Args:
        topic: the page.
        chosen: values of `topic.choices`.
        numbers: the elements of `input`, `cotangent` and weights by name; those that are missing
            or do not fit the shape get numbers of ours.

    Raises:
        ValueError: a choice that there is not, or with which the layer cannot be computed.
    """
    for name, value in chosen.items():
        if value not in topic.choices.get(name, ()):
            raise ValueError(f"{name}={value!r} is not a choice on the page of {topic.title}.")
    topic = fitted(topic)
    settings = {name: options[0] for name, options in topic.choices.items()}
    settings |= {k: v for k, v in topic.settings.items() if k in topic.choices} | chosen
    kinds = {optimizers.Optimizer: _update, losses.Loss: _loss, layers.Layer: layer_example}
    make = next(make for base, make in kinds.items() if issubclass(topic.cls, base))
    try:
        return {"settings": settings, **make(topic, settings, numbers)}
    except (TypeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"No example can be computed here: {reason}") from error


def _loss(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    loss = made(topic, settings)
    model = keras.Sequential([keras.Input(batch_shape=topic.shape), layers.Identity(name="scores")])
    model.compile(loss=loss)
    x = given(numbers, "input", topic.shape, parts=not topic.settings.get("from_logits"))
    shape = topic.shape[:-1] if topic.integers else topic.shape
    target = given(numbers, "target", shape, topic.integers)
    found = record_gradients(model, x, target, "lesson")
    scores = found.recorded.calls[-1]
    gradient = found.of(scores.outputs[0])
    return {
        "kind": "loss",
        "layer": scores.name,
        "tensors": {"input": x, "target": target, "output": np.array([found.number], "float32")},
        "cotangent": None,
        "gradients": {"input": gradient},
        "forward": [plain(explained_loss(found, loss), 0)],
        "backward": {
            "input": each(gradient, lambda i, n: explained_gradient(found, scores.name, i, n))
        },
        "shapes": {"input": list(x.shape), "output": []},
        "places": None,
        "cost": cost_of_loss(loss, target, x),
    }


def _update(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    optimizer = made(topic, settings)
    w = keras.Variable(given(numbers, "weight", (1,)), name="weight")
    gradients = given(numbers, "gradients", (6,))
    optimizer.build([w])
    weights, steps = [float(w.numpy()[0])], []
    for g in gradients:
        explained = _explained_step(optimizer, w, g[None])
        optimizer.apply([keras.ops.convert_to_tensor(g[None])], [w])
        weights.append(float(w.numpy()[0]))
        if explained is None:
            name = type(optimizer).__name__
            step = Step("the new weight", f"a step of {name}", weights[-1])
            explained = Explanation("weight", name, (0,), None, weights[-1], Parts([], [step]))
        steps.append(plain(explained, len(steps)))
    return {
        "kind": "optimizer",
        "tensors": {"weight": np.array(weights[:1], "float32"), "gradients": gradients},
        "weights": np.array(weights, "float32"),
        "forward": steps,
        "cost": cost_of_step(lambda: made(topic, settings)),
    }


def _explained_step(optimizer: Any, w: Any, gradient: np.ndarray) -> Explanation | None:
    """The lines of the next step; None for an optimizer without a rule."""
    try:
        return explain_update(optimizer, w, 0, gradient)
    except ValueError:
        return None
