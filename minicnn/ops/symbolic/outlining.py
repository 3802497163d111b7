"""`outline`: the shapes and types of a computation, found on symbolic tensors."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from minicnn import tree
from minicnn.autodiff.variable_scopes import keep_state
from minicnn.common.session import temporarily
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class _Outline(threading.local):
    active = False


_outline = _Outline()


def outlining() -> contextlib.AbstractContextManager:
    """Context in which calls on symbolic tensors return shapes and types and record no nodes."""
    return temporarily(_outline, active=True)


def recording_nodes() -> contextlib.AbstractContextManager:
    """Context in which calls on symbolic tensors record nodes, also inside `outlining`."""
    return temporarily(_outline, active=False)


def is_outlining() -> bool:
    """Whether only shapes and types are being computed."""
    return _outline.active


def outline(function: Any, *args: Any, **kwargs: Any) -> Any:
    """The shapes and types of a function's results, found by running it on symbolic tensors.

    Variables that the function assigns keep their values.
    """
    with outlining(), keep_state():
        outputs = function(*args, **kwargs)
    return tree.map_structure(_as_spec_output, outputs)


def _as_spec_output(x: Any) -> Any:
    if x is None or isinstance(x, KerasTensor):
        return x
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return KerasTensor(x.shape, str(x.dtype))
    return x
