"""The outputs of a layer's symbolic call."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.layers.base.masks import mask_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def fresh(outputs: Any, args: tuple, kwargs: dict) -> Any:
    """The outputs of a symbolic call; a new tensor where the layer returned one of its inputs.

    A symbolic tensor remembers one history, so a tensor that goes out must not be one that came in.
    """
    came_in = {id(x) for x in tree.flatten([args, kwargs])}

    def renewed(x: Any) -> Any:
        if not isinstance(x, KerasTensor) or (
            id(x) not in came_in and not hasattr(x, "_keras_history")
        ):
            return x
        twin = KerasTensor(x.shape, x.dtype)
        if mask_of(x) is not None:
            twin._keras_mask = x._keras_mask
        return twin

    return tree.map_structure(renewed, outputs)
