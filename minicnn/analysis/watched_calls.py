"""The calls that happen while a model computes: which layer, on what, with what result.

For the time of a computation, each layer of the model gets a `call` of its own that writes down
its inputs and outputs. That is an attribute of the object, as a user could set it; the code of the
layers knows nothing of it, and layers with it are not fused with others, so each output exists.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.layers import InputLayer
from minicnn.layers.base.masks import mask_of
from minicnn.models.fusion import FUSED_NODES
from minicnn.ops.symbolic.function import Function


class Call(NamedTuple):
    """One call of a layer (or of an operation in a functional model).

    Attributes:
        name: names of the layers around and its own, joined by slashes; `#2` for a second call.
        layer: what was called.
        inputs: the tensors among the arguments, flat.
        outputs: the tensors in the result, flat.
        arguments: of the call, positional ones and those with a name.
    """

    name: str
    layer: Any
    inputs: list[Tensor]
    outputs: list[Tensor]
    arguments: tuple[tuple, dict] = ((), {})

    @property
    def operation(self) -> Any:
        """The layer, under the name that `SymbolicCall` has for it."""
        return self.layer


def input_name(calls: Iterable[str]) -> str:
    """What the model's own input is called beside calls: `input`, unless a layer is called so.

    >>> input_name(["conv", "dense"]), input_name(["conv", "input"])
    ('input', 'model input')
    """
    name, taken = "input", set(calls)
    while name in taken:
        name = f"model {name}"
    return name


class CallNames:
    """Gives each call a name: `conv`, a second call of the same layer `conv#2`, `block/conv`.

    >>> names = CallNames()
    >>> [names.next("", "conv"), names.next("", "conv"), names.next("block", "conv")]
    ['conv', 'conv#2', 'block/conv']
    """

    def __init__(self) -> None:
        self._counts: Counter = Counter()

    def next(self, parent: str, own: str) -> str:
        """The name of the next call of `own` inside the call `parent`."""
        path = f"{parent}/{own}" if parent else own
        self._counts[path] += 1
        count = self._counts[path]
        return path if count == 1 else f"{path}#{count}"


def operations_in(model: Any) -> list[Any]:
    """The layers at any depth of a model, and the operations in its graphs, each once."""
    layers = model._flatten_layers(include_self=False)
    nodes = [x for layer in [model, *layers] for x in getattr(layer, "_operations", ())]
    found = {id(x): x for x in [*layers, *nodes] if not isinstance(x, InputLayer)}
    return list(found.values())


@contextlib.contextmanager
def watched_calls(model: Any, watch: Callable = lambda tensor: None) -> Iterator[list[Call]]:
    """Inside, the calls of the model's layers are added to the list that it yields.

    Args:
        model: the model; its own call is not in the list.
        watch: called with each output, before it is used any further.
    """
    calls: list[Call] = []
    running: list[str] = [""]
    names = CallNames()
    with contextlib.ExitStack() as stack:
        stack.enter_context(unfused(model))
        for operation in operations_in(model):
            watched = _watched(operation, calls, running, names, watch)
            stack.enter_context(own_attribute(operation, "call", watched))
        yield calls


@contextlib.contextmanager
def unfused(model: Any) -> Iterator[None]:
    """Inside, all layers of the model are called one by one."""
    with contextlib.ExitStack() as stack:
        for graph in graphs_in(model):
            for name in FUSED_NODES.values():
                stack.enter_context(own_attribute(graph, name, graph._nodes))
        yield


def graphs_in(model: Any) -> list[Any]:
    """The functional models in a model, itself and those of sequential ones among them."""
    layers = [getattr(x, "_functional", None) or x for x in model._flatten_layers()]
    return list({id(x): x for x in layers if isinstance(x, Function)}.values())


@contextlib.contextmanager
def own_attribute(x: Any, name: str, value: Any) -> Iterator[None]:
    """Inside, an object has another value of an attribute of its own, unnoticed by replay."""
    attributes = vars(x)
    had, before = name in attributes, attributes.get(name)
    attributes[name] = value
    try:
        yield
    finally:
        if had:
            attributes[name] = before
        else:
            attributes.pop(name, None)


def _watched(
    operation: Any, calls: list[Call], running: list[str], names: CallNames, watch: Callable
) -> Callable:
    call = operation.call

    @functools.wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        name = names.next(running[-1], operation.name)
        running.append(name)
        try:
            outputs = call(*args, **kwargs)
        finally:
            running.pop()
        inputs = _tensors((args, kwargs))
        outputs = _apart_from(inputs, outputs)
        found = _tensors(outputs)
        for x in found:
            watch(x)
        calls.append(Call(name, operation, inputs, found, (args, kwargs)))
        return outputs

    return watched


def _tensors(struct: Any) -> list[Tensor]:
    return [x for x in tree.flatten(struct) if isinstance(x, Tensor)]


def _apart_from(inputs: list[Tensor], outputs: Any) -> Any:
    """The outputs, where they are an input itself as another tensor with the same values.

    The gradient of a layer's output is not that of its input, even if the layer does nothing.
    """

    def apart(x: Any) -> Any:
        if not any(x is given for given in inputs):
            return x
        copy = ops.cast(x, x.dtype)
        mask = mask_of(x)
        if mask is not None:
            copy._keras_mask = mask
        return copy

    return tree.map_structure(apart, outputs)
