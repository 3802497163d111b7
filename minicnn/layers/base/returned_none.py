"""The error about None in the place of a tensor, which names the layer that returned it."""

from __future__ import annotations

import threading
from typing import Any

from minicnn.layers.base.call_arguments import CallArguments


class _Last(threading.local):
    returned_none: str = ""


_last = _Last()


def remember_none(layer: Any) -> None:
    """Remembers that a layer returned None, for the error of a layer that gets it as its input."""
    _last.returned_none = (
        f" Layer '{layer.name}' of type {type(layer).__name__}, which was called before, returned "
        "None: is a `return` missing in its `call`?"
    )


def check_none(layer: Any, arguments: CallArguments) -> None:
    """Refuses None in the place of the tensor that a layer computes with."""
    name = next(iter(arguments.given), None)
    needed = layer.input_spec is not None or type(layer).__module__.startswith("minicnn.layers.")
    if name is None or not needed or name not in arguments.signature.required:
        return
    culprit, _last.returned_none = _last.returned_none, ""
    raise ValueError(
        f"Inputs to a layer should be tensors. Layer '{layer.name}' got None as `{name}`.{culprit}"
    )
