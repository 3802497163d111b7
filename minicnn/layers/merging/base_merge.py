"""Base classes of the layers that merge tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape, broadcast_shapes
from minicnn.layers.base.layer import Layer
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Merge(Layer):
    """Base of layers that merge tensors element by element; their shapes must broadcast.

    Tensors with fewer axes get axes of length 1 behind the batch axis.
    """

    settings = ()

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, inputs: list) -> Any:
        """The merged tensor."""
        raise NotImplementedError(f"{type(self).__name__} does not define `merge`.")

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self._check_list(input_shape)
        self._merged_shape(input_shape)

    def _check_list(self, input_shape: Any) -> None:
        is_list = isinstance(input_shape, (list, tuple))
        if not is_list or not input_shape or not isinstance(input_shape[0], (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of at least 1 input. '{self.name}' "
                f"received input_shape={input_shape} (not a list of shapes): call it as "
                f"`{type(self).__name__}()([a, b])`."
            )

    def _merged_shape(self, input_shape: Any) -> Shape:
        batches = {shape[0] for shape in input_shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. "
                f"Layer '{self.name}' received tensors with shapes {list(map(tuple, input_shape))}"
            )
        try:
            rest = broadcast_shapes(*(tuple(shape[1:]) for shape in input_shape))
        except ValueError:
            shapes = " and ".join(str(tuple(shape)) for shape in input_shape)
            raise ValueError(
                f"Inputs have incompatible shapes. Layer '{self.name}' received shapes {shapes}: "
                "apart from the batch axis, lengths must be equal, or 1."
            ) from None
        return (batches.pop() if batches else None, *rest)

    def call(self, inputs: Any) -> Any:
        """Merges."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                "A merge layer should be called on a list of inputs. "
                f"Received: inputs={inputs} (not a list of tensors)"
            )
        most = max(len(x.shape) for x in inputs)
        return self.merge([_with_axes(x, most) for x in inputs])

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape that all broadcast to."""
        return self._merged_shape(input_shape)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline."""
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks combined by `or`."""
        masks = check_masks(inputs, mask)
        return (
            functools.reduce(ops.logical_or, masks) if masks and len(masks) == len(inputs) else None
        )


def check_masks(inputs: Any, mask: Any) -> list:
    """The masks that are not None, after checking the list."""
    if mask is None:
        return []
    if not isinstance(mask, (list, tuple)):
        raise ValueError(f"`mask` should be a list. Received: mask={mask}")
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(f"`inputs` should be a list. Received: inputs={inputs}")
    if len(mask) != len(inputs):
        raise ValueError(
            f"The lists `inputs` and `mask` should have the same length. Received: {len(inputs)} "
            f"and {len(mask)}."
        )
    return [m for m in mask if m is not None]


def _with_axes(x: Any, rank: int) -> Any:
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, axis=1)
    return x


class SelectingMerge(Merge):
    """A merge that selects one of the elements, ignoring masked ones."""

    select: Callable

    def merge(self, inputs: list) -> Any:
        """Selects, from left to right."""
        output, output_mask = inputs[0], wide_mask(inputs[0])
        for x in inputs[1:]:
            mask = wide_mask(x)
            y = x if mask is None else ops.where(mask, x, output)
            output = output if output_mask is None else ops.where(output_mask, output, y)
            output = type(self).select(output, y)
            both = mask is not None and output_mask is not None
            output_mask = ops.logical_or(output_mask, mask) if both else None
        if output_mask is not None:
            output._keras_mask = ops.any(output_mask, axis=-1)
        return output


def wide_mask(x: Any) -> Any:
    """The tensor's mask in the shape of the tensor, or None."""
    mask = getattr(x, "_keras_mask", None)
    return None if mask is None else ops.broadcast_to(ops.expand_dims(mask, -1), x.shape)
