"""The context of a layer's call: arguments of the calls around it, errors that name the layer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from minicnn.common.name_scope import Scope, current_path, open_scopes
from minicnn.layers.base.call_arguments import CallArguments
from minicnn.layers.base.layer_losses import layers_with_losses

ERRORS_OF_LAYERS = (ValueError, TypeError, IndexError, NotImplementedError, ArithmeticError)


class _Context(threading.local):
    values: dict[str, Any] | None = None


_context = _Context()


@contextlib.contextmanager
def entered(layer: Any, arguments: CallArguments) -> Iterator[dict[str, Any]]:
    """Enters a call: yields a copy of the outer context, so changes stay inside.

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
    """The arguments of the call around (`training` and the like); None outside of all calls."""
    return _context.values


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
