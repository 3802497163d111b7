"""Shapes and types of a computation, found without values."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from minicnn import tree
from minicnn.autodiff.variable import keep_state
from minicnn.common.session import temporarily
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class _Outline(threading.local):
    active = False


_outline = _Outline()


def outlining() -> contextlib.AbstractContextManager:
    """Inside, calls on symbolic tensors give shapes and types only and leave no nodes."""
    return temporarily(_outline, active=True)


def drawing() -> contextlib.AbstractContextManager:
    """Inside, calls on symbolic tensors leave nodes again, whatever is going on around."""
    return temporarily(_outline, active=False)


def is_outlining() -> bool:
    """Whether only the shapes of a computation are being worked out."""
    return _outline.active


def outline(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Goes through a function with symbolic tensors for the values: `ops.shape` of a computation.

    State that the function assigns stays as it is.
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
