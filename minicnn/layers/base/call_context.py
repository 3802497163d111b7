"""What surrounds a call of a layer: the outer call's arguments, errors that name the layer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor, Variable
from minicnn.layers.base.call_arguments import CallArguments
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class _Context(threading.local):
    entry: Any = None
    returned_none: str = ""
    values: dict[str, Any] | None = None


_context = _Context()


@contextlib.contextmanager
def calling(layer: Any) -> Iterator[dict[str, Any]]:
    """Opens a call: gives what the calls around say, and keeps from them what this one says.

    The outermost call starts anew: the losses that the last one added are forgotten.
    """
    outer = _context.values
    if outer is None:
        layer._clear_losses()
    try:
        _context.values = dict(outer or {})
        yield _context.values
        _context.values = outer
    except BaseException:  # Ctrl-C may come in the line above, so `finally` would not do
        _context.values = outer
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


ERRORS_OF_LAYERS = (ValueError, TypeError, IndexError, NotImplementedError, ArithmeticError)


@contextlib.contextmanager
def named_in_errors(layer: Any, arguments: CallArguments) -> Iterator[None]:
    """Adds to the message of an error which layer it came from, and what that was called on."""
    try:
        yield
    except ERRORS_OF_LAYERS as error:
        name_layer(error, layer, arguments)
        raise


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
