"""`clone_model`: the same layers with new weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.layers.base.layer import Layer
from minicnn.layers.core.input_layer import Input, InputLayer
from minicnn.models.functional import Functional
from minicnn.models.sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """Makes a model of the same layers with new weights.

    Args:
        model: the one to copy.
        input_tensors: symbolic tensors to begin with, instead of new inputs.
        clone_function: makes a layer from a layer; `from_config(get_config())` by default.
        call_function: `f(layer, *args, **kwargs)` instead of calling the layer.
        recursive: whether models inside the model are cloned layer by layer, too.
    """
    clone = clone_function or (lambda layer: type(layer).from_config(layer.get_config()))
    if recursive:
        clone_layer = clone

        def clone(layer: Any) -> Any:
            if isinstance(layer, (Functional, Sequential)):
                return clone_model(
                    layer,
                    clone_function=clone_function,
                    call_function=call_function,
                    recursive=True,
                )
            return clone_layer(layer)

    if isinstance(model, Sequential):
        return _compiled_like(model, _clone_sequential(model, clone, input_tensors))
    if isinstance(model, Functional):
        return _compiled_like(model, _clone_functional(model, clone, input_tensors, call_function))
    if clone_function or input_tensors is not None:
        raise ValueError(
            "Arguments `clone_function` and `input_tensors` are only supported for Sequential "
            f"models or Functional models. Received model of type '{type(model).__name__}'."
        )
    return type(model).from_config(model.get_config())


def _compiled_like(model: Any, twin: Any) -> Any:
    if model.compiled and model.get_compile_config() is not None:
        twin.compile_from_config(model.get_compile_config())
    return twin


def _clone_sequential(model: Sequential, clone: Callable, input_tensors: Any) -> Sequential:
    layers = [clone(layer) for layer in model.layers]
    flat = tree.flatten(input_tensors) if input_tensors is not None else []
    if len(flat) > 1:
        raise ValueError(
            f"Argument `input_tensors` must contain a single tensor, but got {len(flat)}."
        )
    first = model._stack[0] if model._stack else None
    if flat:
        layers.insert(0, flat[0])
    elif isinstance(first, InputLayer):
        layers.insert(0, Input(batch_shape=first.batch_shape, dtype=first.dtype, name=first.name))
    return type(model)(layers, name=model.name, trainable=model.trainable)


def _clone_functional(
    model: Functional, clone: Callable, input_tensors: Any, call: Callable | None
) -> Functional:
    twins: dict[int, Any] = {}

    def twin(operation: Any) -> Any:
        if id(operation) not in twins:
            twins[id(operation)] = (
                clone(operation) if isinstance(operation, Layer) else _copy_of(operation)
            )
        made = twins[id(operation)]
        return (lambda *args, **kwargs: call(made, *args, **kwargs)) if call else made

    if input_tensors is None:
        inputs = tree.map_structure(
            lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model._inputs_struct
        )
    else:
        inputs = input_tensors
        try:
            tree.assert_same_structure(inputs, model._inputs_struct)
        except ValueError as error:
            raise ValueError(
                "`input_tensors` must have the same structure as model.input. "
                f"Received: {input_tensors}, expected: {model.input}"
            ) from error
    outputs = model._run_through_graph(inputs, operation_fn=twin)
    return type(model)(inputs, outputs, name=model.name, trainable=model.trainable)


def _copy_of(operation: Any) -> Any:
    return type(operation).from_config(operation.get_config())
