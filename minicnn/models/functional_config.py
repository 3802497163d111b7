"""Functional models as plain data and back, in the form of Keras's files.

Each layer is written with the calls made on it. A call refers to tensors as
`[name of the layer, which of its calls, which of the outputs]`, counting only the calls that belong
to the model; a nested functional model counts one more, for the call that drew it.
"""

from __future__ import annotations

import copy
from typing import Any

from minicnn import tree
from minicnn.ops.keras_tensor import KerasTensor
from minicnn.ops.node import KerasHistory, Node
from minicnn.ops.operation import Operation
from minicnn.saving import serialization_lib


def get_config(model: Any) -> dict[str, Any]:
    """The model's layers, the calls between them, and which tensors are its inputs and outputs."""
    own = set(model._nodes)
    layers = []
    for operation in model.operations:
        nodes = [node for node in operation._inbound_nodes if node in own and not node.is_input]
        config = serialization_lib.serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [_node_config(node, own) for node in nodes]
        layers.append(config)

    def reference(x: KerasTensor) -> list:
        operation, index, tensor_index = x._keras_history
        return [
            operation.name,
            _first_index(operation) + _own_index(operation, index, own),
            tensor_index,
        ]

    return copy.deepcopy(
        {
            "name": model.name,
            "trainable": model.trainable,
            "layers": layers,
            "input_layers": tree.map_structure(reference, model._inputs_struct),
            "output_layers": tree.map_structure(reference, model._outputs_struct),
        }
    )


def _first_index(operation: Any) -> int:
    from minicnn.models.functional import Functional

    return 1 if isinstance(operation, Functional) else 0


def _own_index(operation: Any, index: int, own: set[Node]) -> int:
    return sum(node in own for node in operation._inbound_nodes[:index])


def _node_config(node: Node, own: set[Node]) -> dict[str, Any]:
    def serialized(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        operation, index, tensor_index = x._keras_history
        twin = KerasTensor(x.shape, x.dtype, name=x.name)
        twin._keras_history = KerasHistory(
            operation, _own_index(operation, index, own), tensor_index
        )
        return serialization_lib.serialize_keras_object(twin)

    args, kwargs = node.arguments.convert(serialized)
    return {
        "args": serialization_lib.serialize_keras_object(args),
        "kwargs": serialization_lib.serialize_keras_object(kwargs),
    }


def from_config(cls: type, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
    """Draws the model again: makes the layers, then the calls, each when its inputs are there."""
    config = dict(config)
    layer_configs = config.pop("layers")
    inputs, outputs = config.pop("input_layers"), config.pop("output_layers")
    layers: dict[str, Any] = {}
    waiting: list[tuple[Any, list]] = []
    for layer_config in layer_configs:
        layer = serialization_lib.deserialize_keras_object(
            layer_config, custom_objects=custom_objects
        )
        if not isinstance(layer, Operation):
            raise ValueError(
                "Unexpected object from deserialization, expected a layer or operation, got a "
                f"{type(layer)}"
            )
        layers[layer_config["name"]] = layer
        waiting.append((layer, list(layer_config["inbound_nodes"])))
    _make_calls(waiting, layers)

    def tensors(references: Any) -> Any:
        if isinstance(references, list) and len(references) == 3 and isinstance(references[0], str):
            return _tensor(*references, layers=layers)
        if isinstance(references, dict):
            return {key: tensors(value) for key, value in references.items()}
        return type(references)(tensors(value) for value in references)

    return cls(inputs=tensors(inputs), outputs=tensors(outputs), **config)


def _make_calls(waiting: list[tuple[Any, list]], layers: dict[str, Any]) -> None:
    while any(calls for _, calls in waiting):
        made = 0
        for layer, calls in waiting:
            while calls and _is_ready(calls[0], layers):
                args, kwargs = _arguments(calls.pop(0), layers)
                layer(*args, **kwargs)
                made += 1
        if not made:
            unmade = [layer.name for layer, calls in waiting if calls]
            raise ValueError(
                "Invalid Functional model configuration. The graph has either loops or "
                f"disconnected nodes: {_missing(waiting, layers)}the calls of these layers could "
                f"not be made: {unmade}."
            )


def _missing(waiting: list[tuple[Any, list]], layers: dict[str, Any]) -> str:
    named = {
        reference[0] for _, calls in waiting for call in calls for reference in _references(call)
    }
    missing = sorted(named - set(layers))
    return f"Missing node: {', '.join(missing)}; " if missing else ""


def _references(call: Any) -> list:
    """All tensors that a call's config refers to."""
    if isinstance(call, dict):
        if call.get("class_name") == "__keras_tensor__":
            return [call["config"]["keras_history"]]
        return [r for value in call.values() for r in _references(value)]
    if isinstance(call, (list, tuple)):
        return [r for value in call for r in _references(value)]
    return []


def _is_ready(call: dict[str, Any], layers: dict[str, Any]) -> bool:
    return all(
        name in layers and index < len(layers[name]._inbound_nodes)
        for name, index, _ in _references(call)
    )


def _arguments(call: dict[str, Any], layers: dict[str, Any]) -> tuple:
    def revived(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            name, index, tensor_index = x._keras_history
            return layers[name]._inbound_nodes[index].outputs[tensor_index]
        return x

    args = serialization_lib.deserialize_keras_object(call["args"])
    kwargs = serialization_lib.deserialize_keras_object(call["kwargs"])
    return tuple(tree.map_structure(revived, list(args))), tree.map_structure(revived, kwargs)


def _tensor(name: str, index: int, tensor_index: int, layers: dict[str, Any]) -> KerasTensor:
    layer = layers[name]
    return layer._inbound_nodes[index - _first_index(layer)].outputs[tensor_index]
