"""The parts of a model that have a state of their own, and the path that each is saved under.

A part is found through its owner's attributes, and its path consists of their names, as in
Keras: `layers/conv2d`, `optimizer`, `encoder/blocks/dense_1`. Parts in lists and dicts are numbered
by class, since the names of layers differ from run to run.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from minicnn.common.naming import to_snake_case

# Attributes of models with the same layers as `layers`, in other arrangements.
_INTERNAL = frozenset({"_functional", "_operations", "_stack", "operations"})


def children(saveable: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The parts directly inside a part, with their paths; the same part may come twice."""
    if getattr(saveable, "_saves_layers_by_class", False):
        # First, so that `layers` is the path also of layers that are attributes too.
        yield from _in_container(saveable.layers, _join(path, "layers"), set())
    skipped = _attributes_of_base(_base_class(saveable))
    for name in sorted(dir(saveable), key=_private_last):
        if name.startswith("__") or name in skipped or name in _INTERNAL:
            continue
        try:
            value = getattr(saveable, name)
        except Exception:  # a property that has no value yet, such as `output`
            continue
        if is_saveable(value):
            yield _join(path, name), value
        elif isinstance(value, (list, dict, tuple)):
            yield from _in_container(value, _join(path, name), set())


def walk(root: Any, visited: set[int], path: str = "") -> Iterator[tuple[str, Any]]:
    """A part and all parts inside it, each once, owners before what they own."""
    if id(root) in visited:
        return
    visited.add(id(root))
    yield path, root
    for child_path, child in children(root, path):
        yield from walk(child, visited, child_path)


def is_saveable(thing: Any) -> bool:
    """Whether an object may have a state to save, or contain such objects."""
    return not isinstance(thing, type) and _base_class(thing) is not None


def _in_container(container: Any, path: str, visited: set[int]) -> Iterator[tuple[str, Any]]:
    if id(container) in visited:
        return
    visited.add(id(container))
    counts: dict[str, int] = {}
    for item in container.values() if isinstance(container, dict) else container:
        if is_saveable(item):
            yield _join(path, _numbered(to_snake_case(type(item).__name__), counts)), item
        elif isinstance(item, (list, dict, tuple)):
            yield from _in_container(item, _join(path, _numbered("container", counts)), visited)


def _numbered(name: str, counts: dict[str, int]) -> str:
    count = counts[name] = counts.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _private_last(name: str) -> str:
    return f"~{name}" if name.startswith("_") else name


def _base_class(thing: Any) -> type | None:
    return next((base for base in _base_classes() if isinstance(thing, base)), None)


@functools.cache
def _base_classes() -> tuple[type, ...]:
    from minicnn.layers import Layer
    from minicnn.losses import Loss
    from minicnn.metrics import Metric
    from minicnn.ops.symbolic.operation import Operation
    from minicnn.optimizers import Optimizer

    return Layer, Operation, Metric, Loss, Optimizer


@functools.cache
def _attributes_of_base(base: type) -> frozenset[str]:
    """The attributes that every layer (metric, ...) has, which are not parts of it."""
    settings = {"learning_rate": 0.0} if base.__name__ == "Optimizer" else {}
    return frozenset(dir(base(name="any", **settings)))
