"""What a step depends on besides its batch: everything that can be reached from a model.

A program repeats what the attributes, lists, dicts and arrays led to while it was recorded. Before
each replay all of these are compared with what they were then: by identity, about 15 ns for each.
Only the attributes of layers and variables are not: whoever sets one counts a change, wherever in
the process it is. If a change was counted, all is looked through once more (half a millisecond for
a small model), and compared with what was found before.
"""

from __future__ import annotations

import collections
import functools
import itertools
import operator
import types
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor, Variable
from minicnn.autodiff.changes import number_of_changes
from minicnn.callbacks import Callback
from minicnn.dtype_policies import DTypePolicy
from minicnn.initializers import Initializer
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.ops.define.declared import Declared
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.optimizers import Optimizer
from minicnn.replay.step_memory import StepMemory

NUMBERS = (bool, int, float, complex, np.generic)
VALUES = (*NUMBERS, str, bytes, type(None), np.dtype, np.ufunc, weakref.ref)
"""What never changes."""
LEAVES = (*VALUES, range, slice, type(...), Tensor, KerasTensor, Declared, DTypePolicy, StepMemory)
"""What is not looked into: immutable, or the library's own."""
ITEMS = (list, tuple, set, frozenset, collections.deque)
IMMUTABLE = (tuple, frozenset)
BUILTINS = (dict, *ITEMS[:4], range, slice, type(...), types.MethodType, types.SimpleNamespace)
FUNCTIONS = (type, types.FunctionType, types.BuiltinFunctionType)

COUNTED = (Layer, Variable)
"""These call `count_change` when an attribute is set, so their attributes are not compared."""
UNREAD = (Callback, Initializer, InputSpec)
"""What these hold makes no difference to a step that ran before, with inputs of the same kind."""
UNREAD_ATTRIBUTES = frozenset(
    "_auto_config _compile_config _added_weights _call_context_args".split()
)
"""Such attributes: no step reads them, or methods that call `count_change` change them."""
GRAPH = frozenset(
    """_inbound_nodes _outbound_nodes _nodes _fused_nodes _fused_in_training _depth_of
    _inputs _outputs _inputs_struct _outputs_struct _build_shapes_dict""".split()
)
"""Attributes with the symbolic graph. Only the layer sets them, but a user may change arrays."""

UNCOUNTED = UNREAD_ATTRIBUTES | {"_value"}
"""Attributes of layers and variables that may be others in the same step."""

KNOWN = ("minicnn", "numpy", "builtins", "collections")
"""Modules whose code does nothing but compute."""


class Reachable:
    """All that can be reached from some objects, and whether it is still as it was.

    Args:
        roots: objects; dicts and lists will do.

    Attributes:
        unknown: objects that are not of this library, and may do anything.
        variables: the variables among what was found.
    """

    def __init__(self, *roots: Any):
        seen: dict[int, Any] = {}
        found, graph, unread = _Found(), _Found(), _Found()
        _look_through(roots, seen, found)
        _look_through(found.graph, seen, graph)
        seen_of_steps = [*seen.values()]
        _look_through(found.unread + graph.unread, seen, unread, unread=())
        self.unknown = found.unknown + graph.unknown + unread.unknown
        self.variables = found.variables
        self._changes = number_of_changes()
        self._objects = [x for x in seen_of_steps if not isinstance(x, Tensor)]
        self._settings = found.settings + graph.settings
        self._views = found.views
        self._lengths = [*map(len, self._views)]
        self._items = [*itertools.chain.from_iterable(self._views)]
        self._arrays = found.arrays + graph.arrays
        self._contents = [*map(_contents, self._arrays)]

    def changed(self) -> bool:
        """Whether anything is no longer what it was."""
        return not (
            self._changes == number_of_changes()
            and self._lengths == [*map(len, self._views)]
            and all(map(operator.is_, itertools.chain.from_iterable(self._views), self._items))
            and (not self._arrays or self._contents == [*map(_contents, self._arrays)])
        )

    def same_as(self, other: Reachable) -> bool:
        """Whether both have found the same: a change that was counted may be one elsewhere."""
        return (
            _identical(self._objects, other._objects)
            and _identical(self._settings, other._settings)
            and self._lengths == other._lengths
            and _identical(self._items, other._items)
            and self._contents == other._contents
        )


def _identical(some: list[Any], others: list[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


class _Found:
    """The parts of objects, sorted by how they are compared."""

    def __init__(self) -> None:
        self.unknown: list[Any] = []
        self.unread: list[Any] = []
        self.graph: list[Any] = []
        self.variables: list[Variable] = []
        self.arrays: list[np.ndarray] = []
        self.views: list[Any] = []  # attributes, keys, values and items, as they are at any time
        self.settings: list[Any] = []  # names and values of the attributes of what is counted


def _look_through(
    roots: Iterable[Any], seen: dict[int, Any], found: _Found, unread: tuple[type, ...] = UNREAD
) -> None:
    """Adds all that can be reached from the roots and was not seen before to `found`."""
    stack = [*roots]
    while stack:
        x = stack.pop()
        if id(x) in seen or _is_value(type(x)):
            continue
        if isinstance(x, unread):
            found.unread.append(x)
            continue
        seen[id(x)] = x
        if not _is_known(x):
            found.unknown.append(x)
        elif not isinstance(x, LEAVES):
            stack += _parts(x, found)


def _parts(x: Any, found: _Found) -> list[Any]:
    """What an object refers to."""
    if isinstance(x, np.ndarray):
        found.arrays.append(x)
        return []
    if isinstance(x, types.MethodType):
        return [x.__func__, x.__self__]
    if isinstance(x, FUNCTIONS):
        return _closure(x)
    parts: list[Any] = []
    if isinstance(x, dict):
        found.views += [x.keys(), x.values()] if x else [x]
        parts += [*x.keys(), *x.values()]
    elif isinstance(x, ITEMS):
        found.views += [] if isinstance(x, IMMUTABLE) else [x]
        parts += x
    if isinstance(x, Variable):
        found.variables.append(x)
    attributes = getattr(x, "__dict__", {})
    if attributes and not isinstance(x, COUNTED):
        found.views.append(attributes.values())
    for name, value in attributes.items():
        if isinstance(x, COUNTED) and not (name in UNCOUNTED or isinstance(value, UNREAD)):
            found.settings += [name, value]
        if name in GRAPH:
            found.graph.append(value)
        elif name in UNREAD_ATTRIBUTES or (
            isinstance(x, Optimizer) and isinstance(value, (dict, *ITEMS))
        ):
            found.unread.append(value)
        else:
            parts.append(value)
    return parts


def _closure(function: Any) -> list[Any]:
    """What a function of this library was made with: `vectorize(f)` calls a user's f."""
    cells = getattr(function, "__closure__", None) or ()
    return [cell.cell_contents for cell in cells if cell != types.CellType()]


def _contents(array: np.ndarray) -> tuple:
    return array.dtype.str, array.shape, array.tobytes()


@functools.cache
def _is_value(kind: type) -> bool:
    return issubclass(kind, VALUES)


def _is_known(x: Any) -> bool:
    """Whether an object is of this library or NumPy, or a plain value."""
    if isinstance(x, FUNCTIONS):
        return (x.__module__ or "").partition(".")[0] in KNOWN
    if isinstance(x, np.ndarray):
        return not x.dtype.hasobject
    return _is_known_kind(type(x))


@functools.cache
def _is_known_kind(kind: type) -> bool:
    if kind in BUILTINS or kind.__module__ == "builtins":
        return kind in BUILTINS
    return kind.__module__.partition(".")[0] in KNOWN and (
        issubclass(kind, (*LEAVES, *ITEMS, dict)) or kind.__dictoffset__ != 0
    )
