"""The network backwards: gradients of the score of a class, and a training step of one weight."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.analysis import explain_update, grad_cam
from minicnn.analysis.gradient_explanations import explained_gradient, explained_weight_gradient
from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.studio.answers.live import shown
from minicnn.studio.answers.numbers import as_message, drawn, element
from minicnn.studio.page_state import PageState


def backward(page: PageState, class_index: int, channels: int) -> dict[str, Any]:
    """The gradient of a class's score at every layer, at the input, and Grad-CAM."""
    found = _of_class(page, class_index)
    recorded = found.recorded
    calls = {call.name: call for call in recorded.calls}
    maps, norms = {}, {}
    for layer in page.description.layers:
        gradient = found.of(found.differentiated(calls[layer["name"]]))
        if gradient is not None:
            maps[layer["name"]] = shown(gradient[0], layer["channels_first"], channels)
            norms[layer["name"]] = float(np.linalg.norm(gradient))
    gradient = found.of(recorded.inputs[0])
    description = page.description.input
    to_input = None if gradient is None else _as_picture(gradient[0], description)
    return {
        "score": float(found.number[0]),
        "maps": maps,
        "norms": norms,
        "saliency": to_input,
        "grad_cam": _grad_cam(page, class_index),
    }


def gradient_number(
    page: PageState, class_index: int, layer: str, channel: int, row: int, column: int
) -> dict[str, Any]:
    """The sum that made one number of the gradient of a class's score."""
    index = element(page, layer, channel, row, column)
    return as_message(explained_gradient(_of_class(page, class_index), layer, index))


def weight_step(
    page: PageState, class_index: int, weight: str | None, index: list[int] | None
) -> dict[str, Any]:
    """A training step on the drawing for one weight: its gradient, and the optimizer's lines.

    Args:
        page: with a drawing.
        class_index: the right class.
        weight: its path; the first kernel by default.
        index: which element; the one with the largest gradient by default.
    """
    model, x = page.model, drawn(page)
    if not getattr(model, "compiled", False):
        raise ValueError("The network has no loss and no optimizer: it was saved without them.")
    with _same_random_numbers(model):
        found = record_gradients(model, x, _targets(model, class_index), "weight_step")
    weights = {w.path: w for w in model.trainable_weights if found.weights[w.path] is not None}
    if not weights:
        raise ValueError("The network has no weights that are trained.")
    path = weight if weight in weights else next(iter(weights))
    gradient = found.weights[path]
    fits = index is not None and weight == path and len(index) == gradient.ndim
    at = tuple(index) if fits else np.unravel_index(abs(gradient).argmax(), gradient.shape)
    at = tuple(min(int(i), n - 1) for i, n in zip(at, gradient.shape, strict=True))
    answer = {
        "weights": [{"path": w.path, "shape": list(w.shape)} for w in weights.values()],
        "weight": path,
        "at": list(at),
        "loss": found.number,
        "gradient": as_message(explained_weight_gradient(found, weights[path], at)),
    }
    try:
        update = as_message(explain_update(model.optimizer, weights[path], at, gradient))
    except ValueError as error:
        return answer | {"update": None, "why": str(error)}
    return answer | {"update": update, "why": ""}


@contextlib.contextmanager
def _same_random_numbers(model: Any) -> Iterator[None]:
    """Dropout drops the same in each start of the studio, so that a link shows the same step."""
    states = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    with temporary_values(states):
        for i, state in enumerate(states):
            state.assign(np.array([i, 0]))
        yield


def _of_class(page: PageState, class_index: int) -> RecordedGradients:
    classes = page.description.classes or 0
    if class_index >= classes:
        raise ValueError(f"The network has {classes} classes, counted from 0.")
    return record_gradients(page.model, drawn(page), None, "backward", class_index)


def _targets(model: Any, class_index: int) -> np.ndarray:
    """The right class as the loss wants it."""
    count = model.output_shape[-1]
    name = getattr(model.loss, "name", model.loss)
    sparse = "sparse" in str(getattr(name, "__name__", name)).lower()
    return np.array([class_index]) if sparse else np.eye(count, dtype="float32")[[class_index]]


def _as_picture(gradient: np.ndarray, description: Any) -> dict[str, Any]:
    """The gradient to the pixels, of a coloured picture summed over the colours."""
    if description.colour_axis is not None:
        gradient = gradient.sum(axis=description.colour_axis)
    gradient = gradient.reshape(description.height, description.width)
    return shown(gradient[..., None], False, 1)


def _grad_cam(page: PageState, class_index: int) -> dict[str, Any] | None:
    """Where the last layer with maps sees the class; None where there is none."""
    try:
        found = grad_cam(page.model, drawn(page), class_index=class_index)
    except (ValueError, TypeError):
        return None
    return {"layer": found.layer, "heat": found.heatmaps[0].astype("float32")}
