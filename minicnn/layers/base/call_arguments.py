"""What a layer's `call` takes, and what it was given: tensors by name, their shapes, settings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.ops.symbolic.keras_tensor import KerasTensor

_TENSORS = (Tensor, KerasTensor)


class CallSignature:
    """The parameters of a `call` method.

    `bound` says that the first parameter is given by Python itself, as `self` is.
    """

    def __init__(self, function: Callable, bound: bool = False):
        self.signature = inspect.signature(function)
        first, *others = self.signature.parameters.values() or (None,)
        if bound and first is not None and first.kind is not first.VAR_POSITIONAL:
            self.signature = self.signature.replace(parameters=others)
        parameters = self.signature.parameters.values()
        self.names = tuple(
            p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        )
        self.any_keyword = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
        self.takes_any_positional = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.takes_masks = any(name == "mask" or name.endswith("_mask") for name in self.names)

    @property
    def required(self) -> list[str]:
        """The parameters that have no default."""
        return [name for name in self.names if name not in self.defaults]

    def accepts(self, name: str) -> bool:
        """Whether an argument of that name may be passed."""
        return name in self.names or self.any_keyword is not None


@functools.lru_cache(maxsize=1024)
def _signature_of(function: Callable) -> CallSignature:
    return CallSignature(function)


def call_signature(layer: Any) -> CallSignature:
    """The signature of the layer's `call`, without `self`."""
    function = layer.call
    unbound = getattr(function, "__func__", None)
    return CallSignature(function) if unbound is None else unbound_signature(unbound)


@functools.lru_cache(maxsize=1024)
def unbound_signature(function: Callable) -> CallSignature:
    """The signature of a class's `call`, without `self`."""
    return CallSignature(function, bound=True)


class CallArguments:
    """The arguments of one call under their names.

    Attributes:
        given: what the caller passed, by name.
        first: the first argument, whose shape and mask stand for the layer's input.
        tensors: the arguments that are tensors or hold some, by name.
        args, kwargs: the arguments as they came.
        symbolic: whether a tensor is symbolic.
        masked: whether a tensor has a mask.
    """

    def __init__(self, signature: CallSignature, args: Sequence, kwargs: dict):
        if signature.takes_any_positional or len(args) > len(signature.names):
            self.given = dict(signature.signature.bind(*args, **kwargs).arguments)
            self.given |= self.given.pop(signature.any_keyword, {})
        else:
            self.given = dict(zip(signature.names, args, strict=False)) | kwargs
        self.signature = signature
        self.args = args
        self.kwargs = kwargs
        self.first = args[0] if args else next(iter(kwargs.values()), None)
        self.tensors: dict[str, Any] = {}
        self.symbolic = self.masked = False
        for name, x in self.given.items():
            leaves = (x,) if isinstance(x, _TENSORS) else _leaves(x)
            only_tensors, symbolic = bool(leaves), False
            for leaf in leaves:
                self.masked = self.masked or getattr(leaf, "_keras_mask", None) is not None
                only_tensors = only_tensors and isinstance(leaf, (*_TENSORS, type(None)))
                symbolic = symbolic or isinstance(leaf, KerasTensor)
            if only_tensors:
                self.tensors[name] = x
                self.symbolic = self.symbolic or symbolic

    def value(self, name: str) -> Any:
        """The argument, or its default."""
        return self.given.get(name, self.signature.defaults.get(name))

    def says_something(self, name: str, value: Any) -> bool:
        """Whether an argument is anything but the None that it is by default."""
        return value is not None or self.signature.defaults.get(name, name) is not None

    def shapes(self) -> dict[str, Any]:
        """`{"inputs_shape": (None, 28, 28, 1)}` and so on, for every argument with tensors."""
        return {
            f"{name}_shape": tree.map_structure(_shape_of, x)
            for name, x in self.tensors.items()
            if name != "mask" and name.removesuffix("_mask") not in self.tensors.keys() - {name}
        }


def _shape_of(x: Any) -> Any:
    return tuple(x.shape) if hasattr(x, "shape") else None


def _leaves(x: Any) -> list:
    """What is in a nested structure; nothing in any other value."""
    return tree.flatten(x) if tree.is_nested(x) else []
