"""`get_source_inputs`: the inputs that a symbolic tensor depends on."""

from __future__ import annotations

from typing import Any


def get_source_inputs(tensor: Any) -> list[Any]:
    """The `Input` tensors that a symbolic tensor is computed from, each once."""
    if not hasattr(tensor, "_keras_history"):
        return [tensor]
    operation, node_index, _ = tensor._keras_history
    node = operation._inbound_nodes[node_index]
    if node.is_input:
        return list(node.output_tensors)
    sources = [source for x in node.input_tensors for source in get_source_inputs(x)]
    return list({id(source): source for source in sources}.values())
