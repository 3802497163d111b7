"""What the kinds of cases have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from compare.case import Case
from compare.libraries.library import Library
from compare.values import Values, apart, draw

BEYOND = ("quantization_config",)


def described(library: Library, thing: Any) -> dict[str, str]:
    """The configuration, and whether a twin made from it has the same."""
    config = library.keras.saving.serialize_keras_object(thing)
    twin = type(thing).from_config(thing.get_config())
    kept = _text(library.keras.saving.serialize_keras_object(twin)) == _text(config)
    return {"config": _text(config), "config round trip": "kept" if kept else "changed"}


def _text(config: Any) -> str:
    return json.dumps(_in_scope(config), sort_keys=True, default=repr)


def _in_scope(config: Any) -> Any:
    """The configuration without the settings of what minicnn leaves to Keras, where unused."""
    if isinstance(config, dict):
        return {k: _in_scope(v) for k, v in config.items() if v is not None or k not in BEYOND}
    if isinstance(config, float):
        return float(np.float32(config))  # some settings are kept in float32 by Keras
    return [_in_scope(v) for v in config] if isinstance(config, (list, tuple)) else config


def cotangents(library: Library, case: Case, outputs: Sequence[Any]) -> list[np.ndarray]:
    """Random cotangents for the outputs, the same in every library."""
    return [
        library.array(draw(apart(*y.shape), f"{case.label}/cotangent {i}"))
        for i, y in enumerate(outputs)
    ]


def dtype(tensor: Any) -> str:
    """The name of a tensor's type, without its library's prefix."""
    kind = getattr(tensor, "dtype", type(tensor))
    name = getattr(kind, "name", None) or getattr(kind, "__name__", None) or str(kind)
    return name.removeprefix("torch.")


def floating(tensors: Sequence[Any]) -> list[Any]:
    """The tensors that have gradients."""
    return [t for t in tensors if "float" in dtype(t)]


class Slots:
    """The differentiable leaves of nested inputs, and how to put tensors in their places."""

    def __init__(self, library: Library, case: Case):
        self._tree = library.keras.tree
        self._inputs = list(library.values(case.inputs, case.label))
        leaves = self._tree.flatten(self._inputs)
        self._leaves = [library.tensor(x) if isinstance(x, np.ndarray) else x for x in leaves]
        self._active = [
            i for i, x in enumerate(leaves) if isinstance(x, np.ndarray) and x.dtype.kind == "f"
        ]
        free = [isinstance(d, Values) and not d.fixed for d in _flat(case.inputs)]
        self._active = [i for i in self._active if free[i]]
        self.arrays = [leaves[i] for i in self._active]

    def filled(self, tensors: Sequence[Any]) -> list[Any]:
        """The inputs, with these tensors for the differentiable leaves."""
        leaves = list(self._leaves)
        for i, tensor in zip(self._active, tensors, strict=True):
            leaves[i] = tensor
        return self._tree.pack_sequence_as(self._inputs, leaves)

    @property
    def names(self) -> list[str]:
        """What their gradients are called."""
        return [f"gradient to input {i}" for i in self._active]


def gradients(
    library: Library,
    case: Case,
    function: Callable[..., list],
    slots: Slots,
    variables: Sequence[Any] = (),
) -> dict[str, np.ndarray]:
    """Gradients to the inputs and the variables by name; zeros where nothing flows."""
    points = [*slots.arrays, *(library.numpy(v) for v in variables)]
    names = slots.names + [f"gradient to {i} {v.name}" for i, v in enumerate(variables)]
    outputs = function(*map(library.tensor, slots.arrays))
    if not outputs or not points:
        return {}
    found = library.differentiate(
        function, slots.arrays, variables, cotangents(library, case, outputs), bool(case.held)
    )
    return {
        name: np.zeros_like(x) if g is None else g
        for name, x, g in zip(names, points, found, strict=True)
    }


def _flat(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple)) and not isinstance(x, Values):
        return [leaf for item in x for leaf in _flat(item)]
    return [x]
