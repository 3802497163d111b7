"""Which shapes of the arguments of `call` a layer's `build` takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from minicnn.layers.base.call_arguments import CallSignature


def shapes_for(
    function: Callable, shapes: dict[str, Any], signature: CallSignature, layer_class: str
) -> dict:
    """Which of the shapes a `build` or `compute_output_shape` takes, under its parameters' names.

    A function of one parameter gets the first shape whatever its name; with several, `x_shape`
    is that of the argument `x` of `call`.
    """
    parameters = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    required = [p.name for p in parameters if p.default is p.empty]
    if len(parameters) == 1 or (len(required) == 1 and len(shapes) == 1):
        return {parameters[0].name: next(iter(shapes.values()), None)}
    for name in required:
        if not name.endswith("_shape"):
            raise ValueError(
                f"For a `{function.__name__}()` with several arguments, all must be named "
                f"after arguments of `call()`. `{layer_class}.{function.__name__}()` takes the "
                f"argument `{name}`, which does not end in `_shape`."
            )
        if not signature.accepts(name.removesuffix("_shape")):
            raise ValueError(
                f"`{layer_class}.{function.__name__}()` takes `{name}`, but `call()` does not have "
                f"argument `{name.removesuffix('_shape')}`. Name the arguments alike."
            )
    return {p.name: shapes[p.name] for p in parameters if p.name in shapes}
