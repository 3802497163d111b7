"""A model in any library: its weights, the outputs of its layers, the gradients of its weights."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from compare.kinds.shared import floating
from compare.libraries import Library


class Question(NamedTuple):
    """What is asked of a model; sent to Keras's process as well.

    Attributes:
        file: the .keras file.
        part: the description of the part to look at, if it is not the whole.
        arrays: the data, one array an input, in the order of the inputs.
        seed: of the cotangents.
    """

    file: str
    part: dict[str, Any] | None
    arrays: list[np.ndarray]
    seed: int


class Layer(NamedTuple):
    """One call of a layer, and what came out."""

    name: str
    kind: str
    outputs: list[np.ndarray]


class Answer(NamedTuple):
    """All that a library says.

    Attributes:
        layers: in the order in which they finished.
        gradients: to the inputs that are floats, then to the trainable weights.
    """

    layers: list[Layer]
    gradients: list[np.ndarray]


def in_keras(library: Library, question: Question) -> Iterator[Any]:
    """In Keras's process: the weights by layer, then the answer."""
    model = library.keras.saving.load_model(question.file, compile=False)
    if question.part:
        model = made(library, question.part, weights_by_layer(model))
    yield weights_by_layer(model)
    yield answer(library, model, question)


def weights_by_layer(model: Any) -> dict[str, list[np.ndarray]]:
    """The weights of each of the model's layers."""
    return {layer.name: layer.get_weights() for layer in model.layers}


def set_weights(model: Any, weights: dict[str, list[np.ndarray]]) -> None:
    """Give the model's layers these weights."""
    for layer in model.layers:
        layer.set_weights(weights[layer.name])


def made(library: Library, description: dict, weights: dict[str, list[np.ndarray]]) -> Any:
    """A model made from its description, with these weights."""
    model = library.keras.saving.deserialize_keras_object(description)
    set_weights(model, weights)
    return model


def answer(library: Library, model: Any, question: Question) -> Answer:
    """Outputs and gradients for the question's data, dropout off."""
    arrays = [library.array(a) for a in question.arrays]
    tensors = [library.tensor(a) for a in arrays]
    active = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]

    def apply(*watched: Any) -> list:
        inputs = list(tensors)
        for i, tensor in zip(active, watched, strict=True):
            inputs[i] = tensor
        outputs = model(_structured(library, model, inputs), training=False)
        return library.keras.tree.flatten(outputs)

    with recording(library) as layers:
        outputs = apply(*(tensors[i] for i in active))
    found = library.differentiate(
        lambda *watched: floating(apply(*watched)),
        [arrays[i] for i in active],
        model.trainable_variables,
        cotangents(library, floating(outputs), question.seed),
        held=True,
    )
    points = [arrays[i].shape for i in active]
    points += [tuple(v.shape) for v in model.trainable_variables]
    gradients = [
        np.zeros(shape, "float32") if g is None else g
        for shape, g in zip(points, found, strict=True)
    ]
    return Answer(layers, gradients)


def cotangents(library: Library, outputs: list, seed: int) -> list[np.ndarray]:
    """Random cotangents, the same in every library."""
    draws = [np.random.default_rng([seed, 1, i]) for i in range(len(outputs))]
    return [
        library.array(random.standard_normal(tuple(y.shape), "float32"))
        for random, y in zip(draws, outputs, strict=True)
    ]


def _structured(library: Library, model: Any, inputs: list) -> Any:
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return inputs[0]
    return library.keras.tree.pack_sequence_as(structure, inputs)


@contextlib.contextmanager
def recording(library: Library) -> Iterator[list[Layer]]:
    """Inside, what the layers of models return is written down, also those of nested models."""
    keras, layers, counts, running = library.keras, [], {}, []

    def watched(original: Callable) -> Callable:
        @functools.wraps(original)
        def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if running and running[-1] is operation:  # a layer's call may go through Operation's
                return original(operation, *args, **kwargs)
            within = list(running)
            running.append(operation)
            try:
                outputs = original(operation, *args, **kwargs)
            finally:
                running.pop()
            if within and all(isinstance(outer, keras.Model) for outer in within):
                name = "/".join(o.name for o in [*within[1:], operation])
                counts[name] = counts.get(name, 0) + 1
                again = f" (call {counts[name]})" if counts[name] > 1 else ""
                arrays = [library.numpy(y) for y in keras.tree.flatten(outputs)]
                layers.append(Layer(name + again, type(operation).__name__, arrays))
            return outputs

        return call

    with contextlib.ExitStack() as stack:
        for cls in (keras.Operation, keras.layers.Layer):
            stack.enter_context(mock.patch.object(cls, "__call__", watched(cls.__call__)))
        yield layers
