"""What surrounds a call of a layer: the outer call's arguments, errors that name the layer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor, Variable
from minicnn.common.name_scope import Scope, current_path, open_scopes
from minicnn.layers.base.call_arguments import CallArguments
from minicnn.layers.base.layer_state import layers_with_losses
from minicnn.ops.symbolic.keras_tensor import KerasTensor

ERRORS_OF_LAYERS = (ValueError, TypeError, IndexError, NotImplementedError, ArithmeticError)


class _Context(threading.local):
    entry: Any = None
    returned_none: str = ""
    values: dict[str, Any] | None = None


_context = _Context()


@contextlib.contextmanager
def entered(layer: Any, arguments: CallArguments) -> Iterator[dict[str, Any]]:
    """Enters a call: yields a copy of what the calls around say, so changes stay inside.

    Variables that are made inside have the layer's name in their path, and errors say which layer
    they come from. The outermost call forgets the losses that the last one added.
    """
    outer, around = _context.values, open_scopes.all
    if outer is None and layers_with_losses:
        layer._clear_losses()
    if layer._parent_path is None:
        layer._parent_path = current_path()
    try:
        _context.values = {} if outer is None else dict(outer)
        if not around or around[-1].caller is not layer:
            open_scopes.all = (*around, Scope(layer.name, layer))
        yield _context.values
        _context.values, open_scopes.all = outer, around
    except BaseException as error:  # Ctrl-C may come in the line above, so `finally` would not do
        _context.values, open_scopes.all = outer, around
        if isinstance(error, ERRORS_OF_LAYERS):
            name_layer(error, layer, arguments)
        raise


def inside_a_call() -> bool:
    """Whether some layer is being called just now."""
    return _context.values is not None


def surrounding_values() -> dict[str, Any] | None:
    """What the call around says (`training` and its like); None if there is none."""
    return _context.values


@contextlib.contextmanager
def standing_in(variables: list[Variable], values: list) -> Iterator[None]:
    """Inside, the variables have other values; after it, their own again, whatever happened."""
    before = [v.snapshot() for v in variables]
    try:
        for variable, value in zip(variables, values, strict=True):
            variable.restore(value if isinstance(value, Tensor) else _value_of(value))
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.restore(value)


def _value_of(x: Any) -> Tensor:
    from minicnn.ops.define.declare import to_array

    return x.snapshot() if isinstance(x, Variable) else Tensor(to_array(x))


def name_layer(error: Exception, layer: Any, arguments: CallArguments) -> None:
    """Adds the layer to the message of an error, unless one further inside is there already."""
    plain = len(error.args) == 1 and isinstance(error.args[0], str)
    if not plain or getattr(error, "_names_layer", False):
        return
    error._names_layer = True
    shapes = ", ".join(f"{k.removesuffix('_shape')}: {v}" for k, v in arguments.shapes().items())
    error.args = (
        f"{error.args[0]}\n(in layer '{layer.name}' of type {type(layer).__name__}, "
        f"called on {shapes or 'no tensors'})",
    )


def note_none(layer: Any) -> None:
    """A layer returned None, which may be meant; who gets it instead of a tensor says so."""
    _context.returned_none = (
        f" Layer '{layer.name}' of type {type(layer).__name__}, which was called before, returned "
        "None: is a `return` missing in its `call`?"
    )


def check_none(layer: Any, arguments: CallArguments) -> None:
    """Refuses None in the place of the tensor that a layer computes with."""
    name = next(iter(arguments.given), None)
    needed = layer.input_spec is not None or type(layer).__module__.startswith("minicnn.layers.")
    if name is None or not needed or name not in arguments.signature.required:
        return
    culprit, _context.returned_none = _context.returned_none, ""
    raise ValueError(
        f"Inputs to a layer should be tensors. Layer '{layer.name}' got None as `{name}`.{culprit}"
    )


def fresh(outputs: Any, args: tuple, kwargs: dict) -> Any:
    """The outputs of a symbolic call, new ones where a layer handed an input through.

    A symbolic tensor remembers one history, so a tensor that goes out must not be one that came in.
    """
    came_in = {id(x) for x in tree.flatten([args, kwargs])}

    def renewed(x: Any) -> Any:
        if not isinstance(x, KerasTensor) or (
            id(x) not in came_in and not hasattr(x, "_keras_history")
        ):
            return x
        twin = KerasTensor(x.shape, x.dtype)
        if mask_of(x) is not None:
            twin._keras_mask = x._keras_mask
        return twin

    return tree.map_structure(renewed, outputs)


def mask_of(x: Any) -> Any:
    """The mask that travels with a tensor, or None."""
    return getattr(x, "_keras_mask", None)
