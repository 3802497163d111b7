"""The calls in a model as a graph, found without values: which layer is called on what shapes.

A functional model has such a graph; any other `call` is executed on symbolic tensors, which gives
one. What that leaves in the layers (the nodes of their calls) is removed again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from minicnn import tree
from minicnn.analysis.checks import check_built, check_model, has_inputs
from minicnn.analysis.watched_calls import CallNames, operations_in
from minicnn.autodiff.variable_scopes import keep_state
from minicnn.common import configuration
from minicnn.common.naming import numbering_kept
from minicnn.common.session import temporarily
from minicnn.layers import Layer
from minicnn.layers.base.call_arguments import call_signature
from minicnn.ops.symbolic.function import Function
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import recording_nodes


class SymbolicCall:
    """One call in the graph.

    Attributes:
        name: as in `watched_calls`.
        operation: the layer or operation.
        arguments: of the call, with symbolic tensors in them.
        inputs: these tensors.
        outputs: the symbolic tensors of the result.
        starts: the tensors inside that stand for the inputs, if `inner` is not empty.
        ends: the tensors inside that are the outputs, likewise.
        inner: the calls inside, where the operation consists of others.
        in_graph: whether it is a node of a functional model.
    """

    def __init__(self, name: str, node: Node, in_graph: bool = False):
        self.name = name
        self.node = node
        self.in_graph = in_graph
        self.operation = node.operation
        self.arguments = node.arguments
        self.inputs = list(node.input_tensors)
        self.outputs = list(node.outputs)
        self.starts: list[KerasTensor] = []
        self.ends: list[KerasTensor] = []
        self.inner: list[SymbolicCall] = []

    @property
    def kind(self) -> str:
        """The class of the operation."""
        return type(self.operation).__name__

    def walk(self) -> Iterator[SymbolicCall]:
        """The calls inside at any depth, then this one."""
        for call in self.inner:
            yield from call.walk()
        yield self


class CallGraph:
    """The calls of a model.

    Attributes:
        inputs: the symbolic inputs, with batch size 1 where it is not fixed.
        outputs: the symbolic outputs.
        calls: the calls at the top, each after those it needs.
    """

    def __init__(self, inputs: list, outputs: list, calls: list[SymbolicCall]):
        self.inputs = inputs
        self.outputs = outputs
        self.calls = calls

    def walk(self) -> Iterator[SymbolicCall]:
        """All calls at any depth; those inside another before it."""
        for call in self.calls:
            yield from call.walk()


def call_graph(model: Any, input_shape: Any, function: str, batch_size: int = 1) -> CallGraph:
    """The graph of a built model.

    Args:
        model: of any kind.
        input_shape: with the batch axis; needed where the model does not say it. For several
            inputs a structure of shapes like the inputs.
        function: for errors.
        batch_size: where it is not fixed.

    Raises:
        ValueError: a model that is not built; lengths that are not known.
    """
    check_model(model, function)
    starts = _starts(model, input_shape, function, batch_size)
    check_built(model, function)
    with _nothing_left(model):
        calls, ends = _trace(model, (starts,), {}, "", CallNames())
    return CallGraph(tree.flatten(starts), ends, calls)


def _starts(model: Any, input_shape: Any, function: str, batch_size: int) -> Any:
    """Symbolic inputs of known shapes."""
    known = _known_inputs(model)
    if input_shape is not None:
        types = [x.dtype for x in tree.flatten(known)] if known is not None else []
        shapes = tree.map_shape_structure(tuple, input_shape)
        made = tree.map_shape_structure(KerasTensor, shapes)
        flat = tree.flatten(made)
        types = types if len(types) == len(flat) else [model.input_dtype] * len(flat)
        made = tree.pack_sequence_as(made, [*map(KerasTensor, (x.shape for x in flat), types)])
    elif known is not None:
        made = known
    else:
        raise ValueError(
            f"`{function}` does not know the shape of the inputs of the model {model.name!r}. "
            "Pass `input_shape=(batch, ...)`, or call the model on a batch first."
        )
    made = tree.map_structure(
        lambda x: KerasTensor(_with_batch(x.shape, batch_size), x.dtype), made
    )
    for x in tree.flatten(made):
        if None in x.shape:
            raise ValueError(
                f"`{function}` needs all lengths, but the model {model.name!r} takes "
                f"{(None, *x.shape[1:])}. Pass `input_shape`, for example "
                f"{tuple(32 if n is None else n for n in x.shape)}."
            )
    return made


def _known_inputs(model: Any) -> Any:
    if has_inputs(model):
        return getattr(model, "input", None) if model._is_functional else model.inputs[0]
    shapes = model._build_shapes_dict
    if not shapes or len(shapes) != 1:
        return None
    shape = next(iter(shapes.values()))
    return tree.map_shape_structure(lambda s: KerasTensor(s, model.input_dtype), shape)


def _with_batch(shape: tuple, batch_size: int) -> tuple:
    return (batch_size, *shape[1:]) if shape and shape[0] is None else shape


@contextlib.contextmanager
def _nothing_left(model: Any) -> Iterator[None]:
    """After it, the operations of a model have the nodes that they had before.

    Names count on as before, too. Inside, layers are not fused.
    """
    lists = [
        nodes
        for operation in [model, *operations_in(model)]
        for nodes in (operation._inbound_nodes, operation._outbound_nodes)
    ]
    lengths = [*map(len, lists)]
    try:
        with numbering_kept(), temporarily(configuration.values, fusion=False):
            yield
    finally:
        for nodes, length in zip(lists, lengths, strict=True):
            del nodes[length:]


def _trace(
    operation: Any, args: tuple, kwargs: dict, parent: str, names: CallNames
) -> tuple[list[SymbolicCall], list[KerasTensor]]:
    """The calls inside an operation, and the tensors it returns.

    Args:
        args, kwargs: of the call, with symbolic tensors without history.
    """
    starts = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    for x in starts:
        Node(operation=Operation(name="start"), outputs=x)
    with recording_nodes(), keep_state():
        outputs = _run(operation, args, kwargs)
    ends = [x for x in tree.flatten(outputs) if isinstance(x, KerasTensor)]
    calls = []
    for node in _nodes_behind(ends, starts):
        in_graph = any(node.operation is x for x in getattr(graph_of(operation), "_operations", ()))
        declared = getattr(node.operation, "declaration", None)
        # Executed, a `call` makes such an operation anew each time, with another name.
        own = node.operation.name if in_graph or declared is None else declared.name
        name = names.next(parent, own)
        calls.append(_with_inner(SymbolicCall(name, node, in_graph), names))
    return calls, ends


def graph_of(operation: Any) -> Any:
    """The functional model in a sequential one; anything else itself."""
    return getattr(operation, "_functional", None) or operation


def _run(operation: Any, args: tuple, kwargs: dict) -> Any:
    graph = graph_of(operation)
    if isinstance(graph, Function):
        return graph._run_through_graph(args[0])
    declared = getattr(operation, "declaration", None)
    if declared is not None:  # written in other operations
        return declared.forward(*args, **kwargs, **operation.settings)
    if "training" in getattr(operation, "_call_context_args", ()):
        accepts = call_signature(operation).accepts("training")
        kwargs = {"training": False, **kwargs} if accepts else kwargs
    return operation.call(*args, **kwargs)


def _with_inner(call: SymbolicCall, names: CallNames) -> SymbolicCall:
    """The call with those inside it, if its layer has layers."""
    layer = call.operation
    if isinstance(layer, Layer) and layer._layers:
        open_call(call, names)
    return call


def open_call(call: SymbolicCall, names: CallNames | None = None) -> bool:
    """Finds the calls inside a call; returns whether that was possible."""
    fresh = {id(x): KerasTensor(x.shape, x.dtype) for x in call.inputs}
    args, kwargs = call.arguments.fill_in(fresh)
    try:
        call.inner, call.ends = _trace(
            call.operation, args, kwargs, call.name, names or CallNames()
        )
    except Exception:  # its `call` looks at values, which symbolic tensors do not have
        return False
    call.starts = [fresh[id(x)] for x in call.inputs]
    return True


def _nodes_behind(ends: list[KerasTensor], starts: list[KerasTensor]) -> list[Node]:
    """The nodes between, in the order of the calls."""
    found: dict[int, Node] = {}
    known = {id(x) for x in starts}
    waiting = list(ends)
    while waiting:
        x = waiting.pop()
        history = getattr(x, "_keras_history", None)
        if id(x) in known or history is None:
            continue
        node = history.operation._inbound_nodes[history.node_index]
        if id(node) not in found:
            found[id(node)] = node
            waiting += node.input_tensors
    return sorted(found.values(), key=lambda node: node.order)
