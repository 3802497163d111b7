"""How exact a layer is: float32 on both backends, and real Keras, against float64."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn import config, layers
from minicnn.analysis.recorded_gradients import record_gradients
from minicnn.layers.regularization.base_dropout import BaseDropout
from minicnn.studio.beside_keras.process import KERAS
from minicnn.studio.lessons.examples import made, model_of
from minicnn.studio.lessons.topics import Topic

BATCH, LENGTH = 16, 12
BACKENDS = ("numpy", "numba")

Found = dict[str, np.ndarray]


def measured(topic: Topic) -> dict[str, Any] | None:
    """The largest errors of a layer, in parts of the largest number; None for other pages.

    Returns:
        `rows`: for output and gradients the error of each of `columns`, and `keras`: what real
        Keras is to be asked to compute the same.
    """
    if not issubclass(topic.cls, layers.Layer) or not topic.shape:
        return None
    spatial = (LENGTH,) * (len(topic.shape) - 2)
    shape = (BATCH, *spatial, topic.shape[-1])
    draws = np.random.default_rng(0)
    x = draws.standard_normal(shape).astype("float32")
    if topic.integers:
        x = draws.integers(0, topic.integers, shape).astype("int32")
    layer = made(topic, {})
    model = model_of(layer, shape, x.dtype.name)
    weights = [_drawn(draws, w.shape) for w in layer.trainable_weights]
    cotangent = _drawn(draws, model.output_shape)
    with on_backend("numpy"):
        truth = _computed(topic, x, weights, cotangent, "float64")
    rows = {name: {} for name in truth}
    columns = []
    for backend in BACKENDS:
        with contextlib.suppress(ValueError), on_backend(backend):  # Numba may be missing
            for name, array in _computed(topic, x, weights, cotangent, "float32").items():
                rows[name][backend] = error(array, truth[name])
            columns.append(backend)
    question = {"x": x, "weights": weights, "cotangent": cotangent}
    return {"columns": columns, "rows": rows, "shape": shape, "truth": truth, "keras": question}


def beside_keras(topic: Topic, found: dict[str, Any]) -> dict[str, float]:
    """The errors of real Keras for the same numbers.

    Raises:
        ValueError: it is not installed, does not have this layer, or draws numbers of its own.
    """
    if issubclass(topic.cls, BaseDropout):
        raise ValueError("Keras draws other random numbers, so it is not beside it here.")
    answer = KERAS.ask("layer", name=topic.cls.__name__, settings=topic.settings, **found["keras"])
    names = dict(zip(answer, found["truth"], strict=False))
    return {names[k]: error(array, found["truth"][names[k]]) for k, array in answer.items()}


def error(array: np.ndarray, truth: np.ndarray) -> float:
    """The largest difference, in parts of the largest number."""
    size = float(np.abs(truth).max(initial=0)) or 1.0
    return float(np.abs(array.astype("float64") - truth).max(initial=0)) / size


@contextlib.contextmanager
def on_backend(name: str) -> Iterator[None]:
    """Computes with a backend inside of the block."""
    before = config.backend()
    config.set_backend(name)
    try:
        yield
    finally:
        config.set_backend(before)


def _computed(
    topic: Topic, x: np.ndarray, weights: list[np.ndarray], cotangent: np.ndarray, dtype: str
) -> Found:
    layer = made(topic, {}, dtype=dtype)
    x = x if topic.integers else x.astype(dtype)
    model = model_of(layer, x.shape, x.dtype.name)
    for variable, value in zip(layer.trainable_weights, weights, strict=True):
        variable.assign(value)
    found = record_gradients(model, x, cotangent, "measured", training=True)
    arrays = {"output": found.recorded.calls[-1].outputs[0].numpy()}
    if not topic.integers:
        arrays["gradient to input"] = found.of(found.recorded.inputs[0])
    for variable in layer.trainable_weights:
        arrays[f"gradient to {variable.name}"] = found.weights[variable.path]
    return {name: np.asarray(array) for name, array in arrays.items() if array is not None}


def _drawn(draws: np.random.Generator, shape: Any) -> np.ndarray:
    return draws.standard_normal(tuple(shape)).astype("float32")
