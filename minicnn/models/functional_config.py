"""Functional models as configs and back, in the format of Keras's files.

Each layer is written with the calls made on it. A call refers to tensors as
`[name of the layer, which of its calls, which of the outputs]`, counting only the calls that belong
to the model; a nested functional model counts one more, for the call that made it.
"""

from __future__ import annotations

import copy
from typing import Any

from minicnn import tree
from minicnn.common.suggest import shown
from minicnn.models.saved_calls import Call, invalid, make_calls, output_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import KerasHistory, Node
from minicnn.ops.symbolic.operation import Operation
from minicnn.serialization import serialization_lib


def get_config(model: Any) -> dict[str, Any]:
    """The model's layers, the calls between them, and which tensors are its inputs and outputs."""
    own = set(model._nodes)
    own_index = _own_indices(model.operations, own)
    layers = []
    for operation in model.operations:
        nodes = [node for node in operation._inbound_nodes if node in own and not node.is_input]
        config = serialization_lib.serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [_node_config(node, own_index) for node in nodes]
        layers.append(config)

    def reference(x: KerasTensor) -> list:
        operation, index, tensor_index = x._keras_history
        return [
            operation.name,
            _first_index(operation) + own_index[operation._inbound_nodes[index]],
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
    return 1 if getattr(operation, "_is_functional", False) else 0


def _own_indices(operations: list, own: set[Node]) -> dict[Node, int]:
    """For each call in the model: its number among the operation's calls in the model."""
    return {
        node: i
        for operation in operations
        for i, node in enumerate(node for node in operation._inbound_nodes if node in own)
    }


def _node_config(node: Node, own_index: dict[Node, int]) -> dict[str, Any]:
    def serialized(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        operation, index, tensor_index = x._keras_history
        twin = KerasTensor(x.shape, x.dtype, name=x.name)
        twin._keras_history = KerasHistory(
            operation, own_index[operation._inbound_nodes[index]], tensor_index
        )
        return serialization_lib.serialize_keras_object(twin)

    args, kwargs = node.arguments.convert(serialized)
    return {
        "args": serialization_lib.serialize_keras_object(args),
        "kwargs": serialization_lib.serialize_keras_object(kwargs),
    }


def from_config(cls: type, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
    """Makes the layers, then the calls, each after those that it takes tensors from."""
    config = dict(config)
    layer_configs = config.pop("layers")
    inputs, outputs = config.pop("input_layers"), config.pop("output_layers")
    if not isinstance(layer_configs, list):
        raise invalid(f"Expected a list of layers, received {shown(layer_configs, 200)}.")
    layers: dict[str, Any] = {}
    calls: list[Call] = []
    for layer_config in layer_configs:
        layer = serialization_lib.deserialize_keras_object(
            layer_config, custom_objects=custom_objects
        )
        if not isinstance(layer, Operation):
            raise ValueError(
                "Unexpected object from deserialization, expected a layer or operation, got a "
                f"{type(layer)}"
            )
        name = layer_config.get("name")
        if not isinstance(name, str) or not isinstance(layer_config.get("inbound_nodes"), list):
            raise invalid(
                f"A layer has no 'name', or no list of 'inbound_nodes': {shown(layer_config, 300)}."
            )
        if name in layers:
            raise invalid(f"Two layers are called '{shown(name, 100)}'.")
        layers[name] = layer
        calls += [Call(name, i, node) for i, node in enumerate(layer_config["inbound_nodes"])]
    make_calls(calls, layers)

    def tensors(references: Any) -> Any:
        if isinstance(references, list) and len(references) == 3 and isinstance(references[0], str):
            name, index, tensor_index = references
            first = _first_index(layers[name]) if name in layers and type(index) is int else 0
            return output_of(layers, [name, index - first, tensor_index] if first else references)
        if isinstance(references, dict):
            return {key: tensors(value) for key, value in references.items()}
        if not isinstance(references, (list, tuple)):
            raise invalid(f"Expected [layer, call, output], received {shown(references, 200)}.")
        return type(references)(tensors(value) for value in references)

    return cls(inputs=tensors(inputs), outputs=tensors(outputs), **config)
