"""`Operation`: a function as an object, which a symbolic graph refers to.

An `Operation` called on values computes; called on symbolic tensors it returns symbolic results
and records a `Node`. Layers are operations with state. The operation classes of `minicnn.ops` are
made from its functions (see `define/declare.py`).
"""

from __future__ import annotations

import inspect
from typing import Any

from minicnn import tree
from minicnn.common.errors import make_from_config
from minicnn.common.naming import auto_name
from minicnn.common.python_utils import ConstructorSignature
from minicnn.ops.symbolic.keras_tensor import any_symbolic_tensors
from minicnn.ops.symbolic.node import Node
from minicnn.ops.symbolic.outlining import is_outlining, outline


class Operation:
    """A function with a name, settings, and a place in graphs.

    Args:
        name: made from the class's name if not given.
    """

    def __init__(self, name: str | None = None):
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    def __new__(cls, *args: Any, **kwargs: Any):
        """Saves the constructor's arguments for `get_config`."""
        instance = super().__new__(cls)
        object.__setattr__(instance, "_auto_config", _named_arguments(cls.__init__, args, kwargs))
        return instance

    __signature__ = ConstructorSignature()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any_symbolic_tensors(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The symbolic result of a call, which records a node."""
        outputs = self.compute_output_spec(*args, **kwargs)
        if not is_outlining():
            Node(operation=self, call_args=args, call_kwargs=kwargs, outputs=outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation itself."""
        raise NotImplementedError(f"{type(self).__name__} does not define `call`.")

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes and types of the results, found by running `call` on symbolic tensors."""
        return outline(self.call, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes an equal operation."""
        config = {"name": self.name}
        arguments = self._auto_config
        if arguments is None or not all(map(_is_plain, tree.flatten(arguments))):
            raise NotImplementedError(
                f"Object {type(self).__name__} was created with arguments that cannot be written "
                "into a file as they are. Override `get_config()` in the class: return a dict from "
                f"which `{type(self).__name__}.from_config(config)` can make the object again."
            )
        return {**config, **arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Makes an operation from what `get_config` returned."""
        return make_from_config(cls, config)

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"

    @property
    def input(self) -> Any:
        """The symbolic tensors that the operation was called on, the first time it was called."""
        return self._first_node("input").arguments_as_called()

    @property
    def output(self) -> Any:
        """The symbolic tensors that the operation returned, the first time it was called."""
        node = self._first_node("output")
        return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)

    def _first_node(self, attribute: str) -> Node:
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {attribute}. "
                "Call it on an `Input` first."
            )
        return self._inbound_nodes[0]


def _named_arguments(function: Any, args: tuple, kwargs: dict) -> dict[str, Any] | None:
    """Positional arguments under their names, or None where that cannot be done."""
    if not args:
        return dict(kwargs)
    try:
        parameters = list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) or len(args) > len(parameters):
        return None
    return {**{p.name: x for p, x in zip(parameters, args, strict=False)}, **kwargs}


def _is_plain(x: Any) -> bool:
    return x is None or isinstance(x, (str, int, float, bool)) or hasattr(x, "get_config")
