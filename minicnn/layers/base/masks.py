"""The masks of tensors: passed to a layer's `call`, and attached to its outputs."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn import tree
from minicnn.layers.base.call_arguments import CallArguments


def arriving_masks(arguments: CallArguments) -> dict[str, Any]:
    """The masks that arrive with the tensors, under the names that `call` takes them."""
    names = arguments.signature.names
    if len(arguments.tensors) == 1:
        takers = {"mask": next(iter(arguments.tensors.values()))}
    else:
        takers = {f"{name}_mask": x for name, x in arguments.tensors.items()}
    return {
        name: tree.map_structure(mask_of, x)
        for name, x in takers.items()
        if name in names and arguments.value(name) is None
    }


def pass_mask_on(layer: Any, arguments: CallArguments, mask: Any, outputs: Any) -> None:
    """Attaches to the outputs the masks that the layer makes of those of its input."""
    previous = mask if mask is not None else tree.map_structure(mask_of, arguments.first)
    if not layer.supports_masking:
        if any(m is not None for m in tree.flatten(previous)) and hasattr(previous, "shape"):
            warnings.warn(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an input "
                "with a mask attached to it. However, this layer does not support masking "
                "and will therefore destroy the mask information. Downstream layers will not "
                "see the mask.",
                stacklevel=3,
            )
        return
    flat = [x for x in tree.flatten(outputs) if x is not None]
    if all(mask_of(x) is not None for x in flat):
        return
    masks = layer.compute_mask(arguments.first, previous)
    if masks is None:
        return
    for x, m in zip(flat, tree.flatten(masks), strict=False):
        if m is not None and mask_of(x) is None:
            x._keras_mask = m


def mask_of(x: Any) -> Any:
    """The mask of a tensor, or None."""
    return getattr(x, "_keras_mask", None)
