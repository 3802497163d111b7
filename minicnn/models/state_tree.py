"""All variables of a model as nested dicts, by the parts of their paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from minicnn.autodiff import Variable
from minicnn.autodiff.temporary_values import rolled_back
from minicnn.common.suggest import did_you_mean, shown

_FORMATS = {"backend_tensor": lambda v: v.value, "numpy_array": lambda v: v.numpy()}


def groups_of(model: Any) -> dict[str, Sequence[Variable]]:
    """The variables of a model and of its optimizer and metrics, by what they are."""
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else optimizer.variables,
        "metrics_variables": model.metrics_variables,
    }


def state_tree(model: Any, value_format: str = "backend_tensor") -> dict[str, Any]:
    """What `Model.get_state_tree` returns."""
    if value_format not in _FORMATS:
        raise ValueError(
            "Invalid `value_format` argument. Expected one of {'numpy_array', 'backend_tensor'}. "
            f"Received: value_format={value_format}"
        )
    return {
        name: _nested(variables, _FORMATS[value_format])
        for name, variables in groups_of(model).items()
    }


def assign_state_tree(model: Any, tree: dict[str, Any]) -> None:
    """What `Model.set_state_tree` does."""
    groups = groups_of(model)
    unknown = [name for name in tree if name not in groups]
    if unknown:
        raise ValueError(f"Unknown variable name: {unknown[0]}. Expected some of {list(groups)}.")
    pairs = []
    for name, inner in tree.items():
        by_path = {variable.path: variable for variable in groups[name]}
        for path, value in _flat(inner):
            if path not in by_path:
                raise ValueError(
                    f"The model has no variable '{path}' among its {name}."
                    + did_you_mean(path, by_path)
                )
            pairs.append((by_path[path], value))
    with rolled_back([variable for variable, _ in pairs]):
        for variable, value in pairs:
            variable.assign(value)


def _nested(variables: Sequence[Variable], value_of: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        inner = tree
        for folder in folders:
            inner = inner.setdefault(folder, {})
        if name in inner:
            raise ValueError(
                "The following variable path is found twice in the model: "
                f"'{variable.path}'. `get_state_tree()` can only be called when all variable "
                "paths are unique. Make sure to give unique names to your layers."
            )
        inner[name] = value_of(variable)
    return tree


def _flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        raise ValueError(f"A state tree has dicts inside dicts. Received: {shown(tree)}")
    for name, value in tree.items():
        below = f"{path}/{name}" if path else name
        if isinstance(value, dict):
            yield from _flat(value, below)
        else:
            yield below, value
