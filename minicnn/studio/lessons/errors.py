"""How exact a class is: float32 on both backends, and real Keras, against float64."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minicnn as keras
from minicnn import layers, losses, optimizers
from minicnn.analysis.recorded_gradients import record_gradients
from minicnn.studio.backends import on_backend
from minicnn.studio.beside_keras.process import KERAS
from minicnn.studio.lessons.small_models import draws_numbers, fitted, made, model_of, weights_of
from minicnn.studio.lessons.topics import Topic

BATCH, LENGTH, CLASSES, STEPS = 16, 12, 10, 20
BACKENDS = ("numpy", "numba")
DRAWN_OTHERWISE = 1e-3
"""A difference above this is none of rounding."""

Found = dict[str, np.ndarray]


class Case(NamedTuple):
    """What is computed with each type and backend.

    Attributes:
        shape: of the input, or of the weights of an optimizer.
        computed: from the name of a float type the results by name.
        function: what the process with real Keras is asked.
        question: its arguments; it answers with the same results in the same order.
    """

    shape: tuple[int, ...]
    computed: Callable[[str], Found]
    function: str
    question: dict[str, Any]


def measured(topic: Topic) -> dict[str, Any]:
    """The largest errors of a page's class, in parts of the largest number.

    Returns:
        `rows`: for each result the error of each of `columns`; and what `beside_keras` needs.
    """
    topic = fitted(topic)
    case = next(make for base, make in CASES.items() if issubclass(topic.cls, base))(topic)
    with on_backend("numpy"):
        truth = case.computed("float64")
    rows: dict[str, dict[str, float]] = {name: {} for name in truth}
    columns = []
    for backend in BACKENDS:
        with contextlib.suppress(ValueError), on_backend(backend):  # Numba may be missing
            for name, array in case.computed("float32").items():
                rows[name][backend] = error(array, truth[name])
            columns.append(backend)
    found = {"columns": columns, "rows": rows, "shape": case.shape, "truth": truth, "case": case}
    largest = max((e for row in rows.values() for e in row.values()), default=0)
    if largest > DRAWN_OTHERWISE and draws_numbers(topic):
        found |= {"rows": {}, "why_not": "In float64 it draws other random numbers."}
    return found


def beside_keras(topic: Topic, found: dict[str, Any]) -> dict[str, float]:
    """The errors of real Keras for the same numbers.

    Raises:
        ValueError: it is not installed, does not have this class, or draws numbers of its own.
    """
    if draws_numbers(topic):
        raise ValueError("Keras draws other random numbers, so it is not beside it here.")
    case, truth = found["case"], found["truth"]
    answer = KERAS.ask(case.function, **case.question)
    names = dict(zip(answer, truth, strict=False))
    return {names[k]: error(array, truth[names[k]]) for k, array in answer.items()}


def error(array: np.ndarray, truth: np.ndarray) -> float:
    """The largest difference, in parts of the largest number."""
    size = float(np.abs(truth).max(initial=0)) or 1.0
    return float(np.abs(array.astype("float64") - truth).max(initial=0)) / size


def _layer(topic: Topic) -> Case:
    spatial = (LENGTH if len(topic.shape) < 5 else 5,) * (len(topic.shape) - 2)
    shape = (BATCH, *spatial, topic.shape[-1])
    draws = np.random.default_rng(0)
    xs = [draws.standard_normal(shape).astype("float32") for _ in range(topic.inputs)]
    if topic.integers:
        xs = [draws.integers(0, topic.integers, shape).astype("int32")]
    layer = made(topic, {})
    output = model_of(layer, shape, topic).output_shape
    weights = [_drawn(draws, w.shape) for w in layer.trainable_weights]
    cotangent = _drawn(draws, output)

    def computed(dtype: str) -> Found:
        layer = made(topic, {}, dtype=dtype)
        inputs = xs if topic.integers else [x.astype(dtype) for x in xs]
        model = model_of(layer, shape, topic, dtype)
        names = weights_of(layer)
        for variable, value in zip(names.values(), weights, strict=True):
            variable.assign(value)
        x = inputs if len(inputs) > 1 else inputs[0]
        found = record_gradients(model, x, cotangent, "measured", training=True)
        arrays = {"output": found.recorded.prediction.numpy()}
        if not topic.integers:
            of = [found.recorded.source_of(t) for t in found.recorded.inputs]
            gradients = [found.of(t) for t in found.recorded.inputs]
            arrays |= {f"gradient to {n}": g for n, g in zip(of, gradients, strict=True)}
        arrays |= {f"gradient to {n}": found.weights[w.path] for n, w in names.items()}
        return {name: np.asarray(array) for name, array in arrays.items() if array is not None}

    about = {"name": type(layer).__name__, "config": layer.get_config()}
    return Case(shape, computed, "layer", about | {"xs": xs, "weights": weights, "y": cotangent})


def _loss(topic: Topic) -> Case:
    draws = np.random.default_rng(0)
    scores = draws.standard_normal((BATCH, CLASSES)).astype("float32")
    if not topic.settings.get("from_logits"):
        scores = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    target = draws.integers(0, topic.integers or 2, BATCH)
    if not topic.integers:
        target = np.eye(CLASSES, dtype="float32")[draws.integers(0, CLASSES, BATCH)]

    def computed(dtype: str) -> Found:
        loss = made(topic, {}, dtype=dtype)
        x = keras.ops.convert_to_tensor(scores.astype(dtype))
        with keras.GradientTape() as tape:
            tape.watch(x)
            value = loss(target if topic.integers else target.astype(dtype), x)
        return {"loss": value.numpy(), "gradient": tape.gradient(value, x).numpy()}

    about = {"name": topic.cls.__name__, "settings": topic.settings}
    return Case(scores.shape, computed, "loss", about | {"target": target, "scores": scores})


def _optimizer(topic: Topic) -> Case:
    draws = np.random.default_rng(0)
    shape = (30, 40)
    start = _drawn(draws, shape)
    gradients = [_drawn(draws, shape) for _ in range(STEPS)]

    def computed(dtype: str) -> Found:
        optimizer = made(topic, {})
        w = keras.Variable(start.astype(dtype), dtype=dtype, name="weight")
        optimizer.build([w])
        for g in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(g.astype(dtype))], [w])
        return {f"weights after {STEPS} steps": w.numpy()}

    optimizer = made(topic, {})
    about = {"name": type(optimizer).__name__, "config": optimizer.get_config()}
    return Case(shape, computed, "optimizer", about | {"start": start, "gradients": gradients})


CASES: dict[type, Callable[[Topic], Case]] = {
    layers.Layer: _layer,
    losses.Loss: _loss,
    optimizers.Optimizer: _optimizer,
}


def _drawn(draws: np.random.Generator, shape: Any) -> np.ndarray:
    return draws.standard_normal(tuple(shape)).astype("float32")
