"""Nodes: the recorded calls of a symbolic graph.

`y = layer(x)` on symbolic tensors makes a `Node` with the layer, the arguments and the results.
Each result refers to its node, and `parent_nodes` leads from there back to the inputs.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from minicnn import tree
from minicnn.ops.symbolic.keras_tensor import KerasTensor

_order = itertools.count()


class KerasHistory(NamedTuple):
    """Where a symbolic tensor came from: call number `node_index` of `operation`."""

    operation: Any
    node_index: int
    tensor_index: int


class SymbolicArguments:
    """The arguments of a call, in which symbolic tensors can be replaced by values."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args = tree.map_structure(lambda x: x, args)
        self.kwargs = tree.map_structure(lambda x: x, kwargs)
        self._flat_arguments = tree.flatten((self.args, self.kwargs))
        self.keras_tensors = [x for x in self._flat_arguments if isinstance(x, KerasTensor)]

    def convert(self, conversion_fn: Any) -> tuple[tuple, dict]:
        """The arguments, each leaf passed through a function."""
        return (
            tree.map_structure(conversion_fn, self.args),
            tree.map_structure(conversion_fn, self.kwargs),
        )

    def fill_in(self, tensor_dict: dict[int, Any]) -> tuple[tuple, dict]:
        """The arguments with each symbolic tensor replaced by its value, by id of the tensor."""

        def switch(x: Any) -> Any:
            if isinstance(x, KerasTensor):
                return tensor_dict.get(id(x))
            return x

        return self.convert(switch)


class Node:
    """One call of an operation on symbolic tensors.

    Attributes:
        operation: what was called.
        arguments: with what.
        outputs: what it returned, flat.
        only_input: the argument, if there is only one and it is a tensor.
        order: counts up, in the order of the calls.
    """

    def __init__(
        self, operation: Any, call_args: Any = (), call_kwargs: Any = None, outputs: Any = None
    ):
        self.operation = operation
        self.order = next(_order)
        self.arguments = SymbolicArguments(*call_args, **(call_kwargs or {}))
        self.outputs = [] if outputs is None else tree.flatten(outputs)
        self.only_input = self._only_input()
        for x in self.outputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    "All operation outputs must be tensors. Operation "
                    f"{operation} returned {type(x).__name__}: outputs={outputs}."
                )
        for i, x in enumerate(self.outputs):
            x._keras_history = KerasHistory(operation, len(operation._inbound_nodes), i)
        operation._inbound_nodes.append(self)
        for parent in {
            id(x._keras_history.operation): x._keras_history.operation
            for x in self._inputs_with_history
        }.values():
            parent._outbound_nodes.append(self)

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"

    def _only_input(self) -> KerasTensor | None:
        args, kwargs = self.arguments.args, self.arguments.kwargs
        single = len(args) == 1 and not kwargs and isinstance(args[0], KerasTensor)
        return args[0] if single else None

    @property
    def input_tensors(self) -> list[KerasTensor]:
        """The symbolic tensors among the arguments."""
        return self.arguments.keras_tensors

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """The symbolic tensors that the call returned."""
        return self.outputs

    def arguments_as_called(self) -> Any:
        """The symbolic arguments: the only one, or all in their structure."""
        if len(self.input_tensors) == 1:
            return self.input_tensors[0]
        if len(self.arguments.args) == 1 and not self.arguments.kwargs:
            return self.arguments.args[0]
        return list(self.input_tensors)

    @property
    def is_input(self) -> bool:
        """Whether this is the start of a graph: a call without symbolic tensors."""
        return not self.input_tensors

    @property
    def _inputs_with_history(self) -> list[KerasTensor]:
        return [x for x in self.input_tensors if hasattr(x, "_keras_history")]

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls that the arguments come from, each once."""
        parents = {}
        for x in self._inputs_with_history:
            operation, index, _ = x._keras_history
            node = operation._inbound_nodes[index]
            parents[id(node)] = node
        return list(parents.values())
