"""The graph between symbolic inputs and outputs: which nodes belong to it, and in what order.

Nodes are ordered by depth: the length of the longest path from a node to an output; the inputs
are the deepest. In this order, deepest first, every node comes after those it needs. Files
and summaries list the layers in this order, so it is Keras's: by depth, and among equal depths in
the order in which a search back from the outputs first reaches an operation.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node


class Graph(NamedTuple):
    """Nodes and operations, deepest first."""

    nodes: list[Node]
    operations: list[Any]
    depth_of: dict[Node, int]


def map_graph(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> Graph:
    """Finds the nodes between inputs and outputs, and checks that nothing is missing."""
    finished, met = _walk_back(inputs, outputs)
    node_depths: dict[Node, int] = {}
    operation_depths: dict[Any, int] = {}
    in_graph = set(finished)
    for node in reversed(finished):
        # A shared operation has the depth of its deepest call.
        depth = max(node_depths.get(node, 0), operation_depths.get(node.operation, 0))
        node_depths[node] = operation_depths[node.operation] = depth
        for parent in node.parent_nodes:
            if parent in in_graph:
                node_depths[parent] = max(depth + 1, node_depths.get(parent, 0))
    for x in inputs:
        operation, index, _ = x._keras_history
        node = operation._inbound_nodes[index]
        if operation not in operation_depths and node.is_input:
            operation_depths[operation] = node_depths[node] = 0
            met[operation] = -1
    nodes = sorted(node_depths, key=lambda node: -node_depths[node])
    operations = sorted(operation_depths, key=lambda o: (-operation_depths[o], met[o]))
    _check_names(operations)
    return Graph(nodes, operations, node_depths)


def _walk_back(inputs: list, outputs: list) -> tuple[list[Node], dict[Any, int]]:
    """Nodes behind the outputs, each after those it needs; and when each operation was met."""
    given = {id(x) for x in inputs}
    finished: dict[Node, None] = {}
    open_nodes: dict[Node, Any] = {}
    met: dict[Any, int] = {}

    def enter(x: KerasTensor) -> None:
        operation, index, _ = x._keras_history
        node = operation._inbound_nodes[index]
        if node in finished or (id(x) in given and not node.is_input):
            return
        if node in open_nodes:
            raise ValueError(f"Tensor {x} from operation '{operation.name}' is part of a cycle.")
        met.setdefault(operation, len(met))
        open_nodes[node] = iter(node.input_tensors)

    for output in outputs:
        enter(output)
        while open_nodes:
            node, remaining = next(reversed(open_nodes.items()))
            x = next(remaining, None)
            if x is not None:
                _check_has_history(x, node)
                enter(x)
                continue
            del open_nodes[node]
            finished[node] = None
    return list(finished), met


def _check_has_history(x: KerasTensor, node: Node) -> None:
    if not hasattr(x, "_keras_history"):
        raise ValueError(
            f"Tensor {x}, an input of '{node.operation.name}', does not come from an `Input`, so "
            "the model has no value for it. Start from `keras.Input(shape)`."
        )


def _check_names(operations: list) -> None:
    counts = Counter(operation.name for operation in operations)
    for name, count in counts.items():
        if count > 1:
            raise ValueError(
                f'The name "{name}" is used {count} times in the model. '
                "All operation names should be unique."
            )
