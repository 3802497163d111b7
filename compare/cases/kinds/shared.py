"""Functions that several kinds of cases use: configuration, cotangents, gradients."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.values import Values, apart, draw
from compare.libraries.library import Library

OUT_OF_SCOPE = ("quantization_config",)


def configuration(library: Library, thing: Any) -> dict[str, str]:
    """The configuration, and whether an object made from it has the same configuration."""
    config = configuration_text(library.keras.saving.serialize_keras_object(thing))
    copy = type(thing).from_config(thing.get_config())
    same = configuration_text(library.keras.saving.serialize_keras_object(copy)) == config
    return {"config": config, "config round trip": "kept" if same else "changed"}


def configuration_text(config: Any) -> str:
    """The text of a serialized object, which must be equal in all libraries."""
    return json.dumps(_in_scope(config), sort_keys=True, default=repr)


def _in_scope(config: Any) -> Any:
    """The configuration without unused settings of features that minicnn does not have."""
    if isinstance(config, dict):
        return {
            k: _in_scope(v) for k, v in config.items() if v is not None or k not in OUT_OF_SCOPE
        }
    if isinstance(config, float):
        return float(np.float32(config))  # Keras stores some settings in float32
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
    """The tensors of floats, which have gradients."""
    return [t for t in tensors if "float" in dtype(t)]


class DifferentiableInputs:
    """The differentiable arrays among nested inputs; `with_tensors` replaces them by tensors."""

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

    def with_tensors(self, tensors: Sequence[Any]) -> list[Any]:
        """The nested inputs, with these tensors in the places of the differentiable arrays."""
        leaves = list(self._leaves)
        for i, tensor in zip(self._active, tensors, strict=True):
            leaves[i] = tensor
        return self._tree.pack_sequence_as(self._inputs, leaves)

    @property
    def names(self) -> list[str]:
        """The names of their gradients."""
        return [f"gradient to input {i}" for i in self._active]


def gradients(
    library: Library,
    case: Case,
    function: Callable[..., list],
    differentiable: DifferentiableInputs,
    variables: Sequence[Any] = (),
) -> dict[str, np.ndarray]:
    """Gradients to the inputs and the variables by name; zeros where there is no gradient."""
    points = [*differentiable.arrays, *(library.numpy(v) for v in variables)]
    names = differentiable.names + [f"gradient to {i} {v.name}" for i, v in enumerate(variables)]
    outputs = function(*map(library.tensor, differentiable.arrays))
    if not outputs or not points:
        return {}
    found = library.differentiate(
        function,
        differentiable.arrays,
        variables,
        cotangents(library, case, outputs),
        bool(case.held_constant),
    )
    return {
        name: np.zeros_like(x) if g is None else g
        for name, x, g in zip(names, points, found, strict=True)
    }


def assign(owner: Any, weights: Sequence[np.ndarray]) -> None:
    """Assign values to all weights of a layer or model."""
    for variable, value in zip(owner.weights, weights, strict=True):
        variable.assign(value)


def _flat(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple)) and not isinstance(x, Values):
        return [leaf for item in x for leaf in _flat(item)]
    return [x]
