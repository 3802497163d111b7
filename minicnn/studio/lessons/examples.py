"""Small examples: a layer, a loss or an optimizer with the reader's numbers, both ways."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minicnn as keras
from minicnn import layers, losses, optimizers
from minicnn.analysis import Explanation, explain_update, operations
from minicnn.analysis.gradient_explanations import explained_gradient, explained_weight_gradient
from minicnn.analysis.output_explanations import explained_output
from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.studio.lessons.shapes import places_formula
from minicnn.studio.lessons.topics import LENGTH, Topic

MOST_EXPLAINED = 100
"""Elements of a tensor of which each is explained."""

Numbers = dict[str, list[float]]


class _WeightedSum(losses.Loss):
    """`Σ y_true · y_pred`: its gradient to the outputs is y_true, the cotangent that one chose."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_true * y_pred


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
    settings = {name: options[0] for name, options in topic.choices.items()}
    settings |= {k: v for k, v in topic.settings.items() if k in topic.choices} | chosen
    kinds = {optimizers.Optimizer: _update, losses.Loss: _loss, layers.Layer: _layer}
    make = next(make for base, make in kinds.items() if issubclass(topic.cls, base))
    try:
        return {"settings": settings, **make(topic, settings, numbers)}
    except (TypeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"No example can be computed here: {reason}") from error


def made(topic: Topic, settings: dict[str, Any], **more: Any) -> Any:
    """The layer, loss or optimizer of a page."""
    arguments = {k: v for k, v in settings.items() if k != LENGTH}
    return topic.cls(**topic.settings | arguments | more)


def input_shape(topic: Topic, settings: dict[str, Any]) -> tuple[int, ...]:
    """The shape of the input, with the length that the reader chose."""
    if LENGTH not in settings:
        return topic.shape
    spatial = (settings[LENGTH],) * (len(topic.shape) - 2)
    return (topic.shape[0], *spatial, topic.shape[-1])


def model_of(layer: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """A model of one layer; its loss is the sum of the outputs times the targets."""
    model = keras.Sequential([keras.Input(batch_shape=shape, dtype=dtype), layer])
    model.compile(loss=_WeightedSum(reduction="sum"))
    return model


def _layer(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    layer = made(topic, settings)
    shape = input_shape(topic, settings)
    model = model_of(layer, shape, "int32" if topic.integers else "float32")
    x = _given(numbers, "input", shape, topic.integers)
    weights = {w.name: w for w in layer.trainable_weights}
    for name, w in weights.items():
        w.assign(_given(numbers, name, tuple(w.shape)))
    cotangent = _given(numbers, "cotangent", tuple(model.output_shape))
    found = record_gradients(model, x, cotangent, "lesson", training=True)
    call = found.recorded.calls[-1]
    output = call.outputs[0].numpy()
    tensors = {"input": x, **{n: w.numpy() for n, w in weights.items()}, "output": output}
    gradient = None if topic.integers else found.of(found.recorded.inputs[0])
    gradients = {} if gradient is None else {"input": gradient}
    gradients |= {n: found.weights[w.path] for n, w in weights.items()}
    explained = {"output": _each(output, lambda i, n: explained_output(found.recorded, call, i, n))}
    backward = {name: _gradient(found, weights.get(name), g) for name, g in gradients.items()}
    return {
        "kind": "layer",
        "layer": call.name,
        "tensors": tensors,
        "cotangent": cotangent,
        "gradients": gradients,
        "forward": explained["output"],
        "backward": backward,
        "shapes": {"input": list(shape), "output": list(output.shape)},
        "places": places_formula(layer, shape),
        "cost": _cost(model, len(x)),
    }


def _gradient(found: RecordedGradients, weight: Any, gradient: np.ndarray) -> list[dict]:
    if weight is None:
        return _each(gradient, lambda i, n: explained_gradient(found, None, i, n))
    whole = _each(gradient[None], lambda i, n: explained_weight_gradient(found, weight, i))
    return [{**one, "index": one["index"][1:]} for one in whole]


def _loss(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    model = keras.Sequential([keras.Input(batch_shape=topic.shape), layers.Identity(name="scores")])
    model.compile(loss=made(topic, settings))
    x = _given(numbers, "input", topic.shape)
    shape = topic.shape[:-1] if topic.integers else topic.shape
    target = _given(numbers, "target", shape, topic.integers or 2)
    if not topic.integers:
        target = target.astype("float32")
    found = record_gradients(model, x, target, "lesson")
    scores = found.recorded.calls[-1]
    gradient = found.of(scores.outputs[0])
    return {
        "kind": "loss",
        "layer": scores.name,
        "tensors": {"input": x, "target": target, "output": np.array([found.number], "float32")},
        "cotangent": None,
        "gradients": {"input": gradient},
        "forward": [],
        "backward": {
            "input": _each(gradient, lambda i, n: explained_gradient(found, scores.name, i, n))
        },
        "shapes": {"input": list(x.shape), "output": []},
        "places": None,
        "cost": None,
    }


def _update(topic: Topic, settings: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    optimizer = made(topic, settings)
    w = keras.Variable(_given(numbers, "weight", (1,)), name="weight")
    gradients = _given(numbers, "gradients", (6,))
    optimizer.build([w])
    weights, steps = [float(w.numpy()[0])], []
    for g in gradients:
        steps.append(_plain(explain_update(optimizer, w, 0, g[None]), len(steps)))
        optimizer.apply([keras.ops.convert_to_tensor(g[None])], [w])
        weights.append(float(w.numpy()[0]))
    return {
        "kind": "optimizer",
        "tensors": {"weight": np.array(weights[:1], "float32"), "gradients": gradients},
        "weights": np.array(weights, "float32"),
        "forward": steps,
    }


def _given(numbers: Numbers, name: str, shape: tuple, integers: int = 0) -> np.ndarray:
    """The reader's numbers, or small ones of ours that are the same each time."""
    size = int(np.prod(shape))
    given = numbers.get(name)
    if given is not None and len(given) == size:
        array = np.array(given, "float64").reshape(shape)
        if integers:
            return np.clip(np.rint(array), 0, integers - 1).astype("int32")
        return array.astype("float32")
    if name in ("bias", "beta"):
        return np.zeros(shape, "float32")
    if name == "gamma":
        return np.ones(shape, "float32")
    draws = np.random.default_rng([size, len(name)])
    if integers:
        return draws.integers(0, integers, shape).astype("int32")
    low, high = (0, 5) if name == "input" else (-2, 3)
    return draws.integers(low, high, shape).astype("float32")


def _each(array: np.ndarray, explain: Callable[..., Explanation]) -> list[dict[str, Any]]:
    """The explanation of each element; nothing where there is none, or of too many."""
    if array.size > MOST_EXPLAINED:
        return []
    places: Iterator[tuple[int, ...]] = itertools.product(*map(range, array.shape))
    try:
        return [_plain(explain(at[1:], at[0]), *at) for at in places]
    except ValueError:  # no rule for this class: the numbers are shown without their sums
        return []


def _plain(found: Explanation, *at: int) -> dict[str, Any]:
    return {
        "index": list(at),
        "value": found.value,
        "terms": [
            {
                "title": terms.title,
                "source": terms.source,
                "places": None if terms.places is None else _flat(terms.places, 2),
                "factors": {name: _flat(f, 1) for name, f in terms.factors.items()},
                "products": _flat(terms.products, 1),
                "chosen": None
                if terms.chosen is None
                else int(np.ravel_multi_index(terms.chosen, terms.products.shape)),
            }
            for terms in found.terms
        ],
        "steps": [list(step) for step in found.steps],
    }


def _flat(array: np.ndarray, rank: int) -> list:
    """As lists; with rank 2 a list of places."""
    array = np.asarray(array)
    array = array.reshape(-1, array.shape[-1]) if rank == 2 else array.reshape(-1)
    return array.astype("int64" if rank == 2 else "float64").tolist()


def _cost(model: Any, batch: int) -> dict[str, Any]:
    row = operations(model, batch_size=batch).layers[-1]
    return row._asdict() | {"shape": list(row.shape)}
