"""The error about an input that is not what its layer expects."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.layers.base.input_spec import InputSpec


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Raises ValueError if the inputs are not what the layer expects.

    Args:
        input_spec: one `InputSpec`, or nested ones.
        inputs: a tensor, or as many nested ones.
        layer_name: for the message.
    """
    specs = [input_spec] if isinstance(input_spec, InputSpec) else tree.flatten(input_spec)
    if isinstance(inputs, dict) and all(spec.name is not None for spec in specs):
        inputs = _by_name(specs, inputs, layer_name)
    flat = [inputs] if isinstance(inputs, Tensor) else tree.flatten(inputs)
    if len(flat) != len(specs):
        raise ValueError(
            f"Layer '{layer_name}' expects {len(specs)} input(s){_names(specs)}, but it received "
            f"{len(flat)} of the shapes {[_shape(x) for x in flat]}.{_missing(specs, len(flat))}"
        )
    for x, spec in zip(flat, specs, strict=True):
        if spec is None or (x is None and spec.optional):
            continue
        problem = _problem(x, spec)
        if problem:
            raise ValueError(
                f"Input with shape {_shape(x)} is incompatible with the layer '{layer_name}': "
                f"{problem}"
            )


def _names(specs: list[InputSpec]) -> str:
    names = [spec.name for spec in specs if spec is not None and spec.name is not None]
    return f", {', '.join(map(repr, names))}" if len(names) == len(specs) else ""


def _missing(specs: list[InputSpec], received: int) -> str:
    if not _names(specs) or received > len(specs):
        return ""
    return f" Missing: {_names(specs[received:])[2:]}. Pass a list of all, or a dict by name."


def _by_name(specs: list[InputSpec], inputs: dict, layer_name: str) -> list:
    names = [spec.name for spec in specs]
    if not set(names) <= set(inputs):
        raise ValueError(missing_inputs(layer_name, names, inputs))
    return [inputs[spec.name] for spec in specs]


def missing_inputs(layer_name: str, expected: list[str], inputs: dict) -> str:
    """The sentence on inputs that a dict of data does not have."""
    missing = [name for name in expected if name not in inputs]
    return (
        f"Missing data for input {', '.join(map(repr, missing))} of layer '{layer_name}'. You "
        f"passed a data dictionary with keys {list(inputs)}. Expected the following keys: "
        f"{expected}"
    )


def _shape(x: Any) -> Any:
    return tuple(x.shape) if hasattr(x, "shape") else type(x).__name__


def _problem(x: Any, spec: InputSpec) -> str | None:
    """What is wrong with the input: what was expected, what was found, how to mend it."""
    if not hasattr(x, "shape"):
        return f"expected a tensor, found {type(x).__name__}."
    shape = tuple(x.shape)
    ndim = len(shape)
    squeezable = spec.allow_last_axis_squeeze and spec.ndim in (ndim - 1, ndim + 1)
    if spec.ndim is not None and ndim != spec.ndim and not squeezable:
        mend = ""
        if spec.ndim == ndim + 1 and spec.ndim == 4:
            mend = (
                " Images are (batch, height, width, channels): add the missing axis, for gray ones"
                " with `x[..., None]`, for a single one with `x[None]`."
            )
        return f"expected ndim={spec.ndim}, found ndim={ndim}.{mend}"
    if spec.max_ndim is not None and ndim > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={ndim}."
    if spec.min_ndim is not None and ndim < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={ndim}."
    if spec.dtype is not None and str(x.dtype) != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={x.dtype}."
    for axis, length in spec.axes.items():
        if length is not None and shape[axis] not in (length, None):
            return (
                f"expected axis {axis} of input shape to have value {length}, found {shape[axis]}."
            )
    return None if spec.shape is None else _shape_problem(shape, spec)


def _shape_problem(shape: tuple, spec: InputSpec) -> str | None:
    pairs = zip(_squeezed(spec.shape, spec), _squeezed(shape, spec), strict=False)
    for wanted, found in pairs:
        if wanted is not None and found is not None and wanted != found:
            return f"expected shape={spec.shape}, found shape={shape}."
    return None


def _squeezed(shape: tuple, spec: InputSpec) -> tuple:
    return shape[:-1] if spec.allow_last_axis_squeeze and shape and shape[-1] == 1 else shape
