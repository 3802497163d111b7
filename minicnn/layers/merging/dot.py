"""Products of two tensors, summed along axes."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import settings_of
from minicnn.layers.merging.base_merge import Merge
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Dot(Merge):
    """Sums of products along one axis of each of two tensors, for each batch element.

    With one axis of vectors that is their scalar product.

    `y[n, i, j] = Σₖ x₁[n, k, i] · x₂[n, k, j]`, where k runs along `axes`.

    Backward: `x̄₁[n, k, i] = Σ_j ȳ[n, i, j] · x₂[n, k, j]` and
    `x̄₂[n, k, j] = Σ_i ȳ[n, i, j] · x₁[n, k, i]`

    Args:
        axes: the axis, or one for each tensor.
        normalize: whether to scale both to length 1 along the axes before: cosine similarity.
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        if not all(isinstance(axis, int) for axis in pair):
            raise TypeError(
                "Invalid type for argument `axes`: it should be a list or an int. Received: "
                f"axes={axes}"
            )
        if len(pair) != 2 or 0 in pair:
            raise ValueError(
                "Invalid format for argument `axes`: it should contain two axes, none of them the "
                f"batch axis 0. Received: axes={axes}"
            )
        self.axes = axes
        self.normalize = normalize

    settings = settings_of(__init__)

    def _axes_of(self, ranks: list[int]) -> list[int]:
        pair = self.axes if isinstance(self.axes, (list, tuple)) else (self.axes, self.axes)
        return [axis % rank for axis, rank in zip(pair, ranks, strict=True)]

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self._check_list(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                "A `Dot` layer should be called on a list of 2 inputs. Received: "
                f"input_shape={input_shape}"
            )
        axes = self._axes_of([len(shape) for shape in input_shape])
        lengths = [shape[axis] for shape, axis in zip(input_shape, axes, strict=True)]
        if None not in lengths and lengths[0] != lengths[1]:
            raise ValueError(
                f"Incompatible input shapes: the axes of layer '{self.name}' must have equal "
                f"lengths, but {tuple(input_shape[0])} has {lengths[0]} along axis {axes[0]} and "
                f"{tuple(input_shape[1])} has {lengths[1]} along axis {axes[1]}."
            )

    def merge(self, inputs: list) -> Any:
        """Multiplies and sums."""
        raise NotImplementedError("`Dot` merges in `call`.")

    def call(self, inputs: Any) -> Any:
        """Multiplies and sums."""
        x1, x2 = inputs
        axes = self._axes_of([len(x1.shape), len(x2.shape)])
        if self.normalize:
            x1, x2 = ops.normalize(x1, axis=axes[0]), ops.normalize(x2, axis=axes[1])
        letters = iter("bcdefghijklmnopqrstuvwxyz")
        first = ["a", *(next(letters) for _ in x1.shape[1:])]
        second = ["a", *(next(letters) for _ in x2.shape[1:])]
        first[axes[0]] = second[axes[1]] = "z"
        left = [c for c in first + second[1:] if c != "z"]
        result = ops.einsum(f"{''.join(first)},{''.join(second)}->{''.join(left)}", x1, x2)
        return ops.expand_dims(result, axis=1) if len(result.shape) == 1 else result

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """All axes but the two."""
        axes = self._axes_of([len(shape) for shape in input_shape])
        first, second = (
            [n for i, n in enumerate(shape) if i not in (0, axis)]
            for shape, axis in zip(input_shape, axes, strict=True)
        )
        rest = (*first, *second)
        return (input_shape[0][0], *(rest or (1,)))

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline."""
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None, as the masked axis may be summed over."""


def dot(inputs: list, axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)
