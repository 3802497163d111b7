"""Runs a model in any library: the outputs of its layers and the gradients of its weights."""

from __future__ import annotations

import contextlib
import functools
import runpy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from compare.cases.kinds.shared import floating
from compare.libraries import Library


class Task(NamedTuple):
    """A model and the data to run it on; it is sent to Keras's process, too.

    Attributes:
        file: the .keras file.
        part: the description of the part to run, None for the whole model.
        arrays: the data, one array for each input, in their order.
        seed: of the cotangents.
        code: a program that defines the classes of the model, or None.
    """

    file: str
    part: dict[str, Any] | None
    arrays: list[np.ndarray]
    seed: int
    code: str | None = None


class Layer(NamedTuple):
    """One call of a layer, with its outputs."""

    name: str
    kind: str
    outputs: list[np.ndarray]


class Result(NamedTuple):
    """The result of a library.

    Attributes:
        layers: in the order in which their calls ended; each computed its own output.
        outputs: of the model, computed as usual, where layers may be fused.
        gradients: to the inputs that are floats, then to the trainable weights.
    """

    layers: list[Layer]
    outputs: list[np.ndarray]
    gradients: list[np.ndarray]


def in_keras(library: Library, task: Task) -> Iterator[Any]:
    """Run in Keras's process: yields the weights by layer, then the result."""
    define_classes(task.code)
    library.keras.utils.clear_session()  # so that names of layers are numbered from the start
    model = library.keras.saving.load_model(task.file, compile=False)
    if task.part:
        model = model_from(library, task.part, weights_by_layer(model))
    yield weights_by_layer(model)
    yield run(library, model, task)


def define_classes(code: str | None) -> None:
    """Run the program that defines and registers the model's own classes."""
    if code:
        runpy.run_path(code, run_name="model_code")


def weights_by_layer(model: Any) -> dict[str, list[np.ndarray]]:
    """The weights of each layer of the model, by the layer's name; its own have the name ""."""
    own = {"": [np.asarray(w) for w in weights]} if (weights := _own_weights(model)) else {}
    return {layer.name: layer.get_weights() for layer in model.layers} | own


def set_weights(model: Any, weights: dict[str, list[np.ndarray]]) -> None:
    """Set the weights of the model's layers, and its own."""
    for layer in model.layers:
        layer.set_weights(weights[layer.name])
    for variable, value in zip(_own_weights(model), weights.get("", []), strict=True):
        variable.assign(value)


def _own_weights(model: Any) -> list[Any]:
    of_layers = {id(w) for layer in model.layers for w in layer.weights}
    return [w for w in model.weights if id(w) not in of_layers]


def model_from(library: Library, description: dict, weights: dict[str, list[np.ndarray]]) -> Any:
    """A model created from its description, with these weights."""
    library.keras.utils.clear_session()
    model = library.keras.saving.deserialize_keras_object(description)
    set_weights(model, weights)
    return model


def run(
    library: Library,
    model: Any,
    task: Task,
    branches: contextlib.AbstractContextManager | None = None,
) -> Result:
    """Outputs and gradients for the task's data, without dropout; gradients within `branches`."""
    apply, watched = _called(library, model, task)
    with recording(library) as layers, library.layer_by_layer():
        apply(*watched)
    outputs = apply(*watched)
    seeds = cotangents(library, floating(outputs), task.seed)
    with branches or contextlib.nullcontext():
        found = gradients(library, model, task, seeds)
    return Result(layers, [library.numpy(y) for y in outputs], found)


def gradients(
    library: Library, model: Any, task: Task, cotangents: list[np.ndarray]
) -> list[np.ndarray]:
    """The gradients to the inputs that are floats, then to the trainable weights."""
    apply, watched = _called(library, model, task)
    points = [library.numpy(x) for x in watched]
    found = library.differentiate(
        lambda *watched: floating(apply(*watched)),
        points,
        model.trainable_variables,
        cotangents,
        held_constant=True,
    )
    shapes = [p.shape for p in points] + [tuple(v.shape) for v in model.trainable_variables]
    return [
        np.zeros(shape, "float32") if g is None else g
        for shape, g in zip(shapes, found, strict=True)
    ]


def _called(library: Library, model: Any, task: Task) -> tuple[Callable[..., list], list]:
    """The model as a function of those inputs that are floats, and these inputs."""
    tensors = [library.tensor(library.array(a)) for a in task.arrays]
    active = [i for i, a in enumerate(task.arrays) if a.dtype.kind == "f"]

    def apply(*watched: Any) -> list:
        inputs = list(tensors)
        for i, tensor in zip(active, watched, strict=True):
            inputs[i] = tensor
        outputs = model(_structured(library, model, inputs), training=False)
        return library.keras.tree.flatten(outputs)

    return apply, [tensors[i] for i in active]


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
    """Context that records the outputs of a model's layers, including those of nested models."""
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
