"""Concatenation of tensors."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import settings_of
from minicnn.layers.merging.base_merge import Merge, check_masks
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Concatenate(Merge):
    """Concatenates tensors along an axis; all other lengths must be equal.

    No number is changed.

    `y[n, o + i] = x[n, i]` along the axis, with o the length of the tensors before.

    Backward: `x̄[n, i] = ȳ[n, o + i]`

    Args:
        axis: the axis, the last by default: for images, the channels.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.ones((1, 28, 28, 3))
        >>> keras.layers.Concatenate()([x, x]).shape
        (1, 28, 28, 6)
    """

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    settings = settings_of(__init__)

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self._check_list(input_shape)
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        """Concatenates."""
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape with the sum of the lengths along the axis."""
        shapes = [tuple(shape) for shape in input_shape]
        rank = len(shapes[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        others = {len(shape) for shape in shapes} | ({None} if axis is None else set())
        clash = len(others) > 1 or any(
            len({shape[i] for shape in shapes} - {None}) > 1 for i in range(rank) if i != axis
        )
        if clash:
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the "
                f"concatenation axis. Layer '{self.name}' (axis={self.axis}) received shapes "
                f"{', '.join(map(str, shapes))}. Make the other axes equal, for instance with "
                "padding='same' or a cropping layer."
            )
        lengths = [shape[axis] for shape in shapes]
        merged = [
            next((n for n in column if n is not None), None) for column in zip(*shapes, strict=True)
        ]
        merged[axis] = None if None in lengths else sum(lengths)
        return tuple(merged)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline."""
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks concatenated; True for the inputs that have none."""
        if not check_masks(inputs, mask):
            return None
        wide = []
        for x, m in zip(inputs, mask, strict=True):
            if m is None:
                wide.append(ops.ones_like(x, dtype="bool"))
            elif len(m.shape) < len(x.shape):
                everywhere = ops.ones_like(x, dtype="bool")  # the batch axis may be unknown
                wide.append(ops.logical_and(ops.expand_dims(m, axis=-1), everywhere))
            else:
                wide.append(m)
        return ops.any(ops.concatenate(wide, axis=self.axis), axis=-1)


def concatenate(inputs: list, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)
