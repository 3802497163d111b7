"""The layer that replaces numbers by the numbers of the intervals that they are in."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.layers.base.layer import Layer
from minicnn.layers.preprocessing.adapt_batches import batches_of
from minicnn.layers.preprocessing.encoded_numbers import MODES, encode
from minicnn.layers.preprocessing.quantiles import Quantiles
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Discretization(Layer):
    """The number of the interval that each number is in.

    So a layer of weights, as `Embedding`, can treat each interval in its own way.

    `y = Σ_i (1 if x ≥ b[i], else 0)`, so that `b[y - 1] ≤ x < b[y]`.

    Backward: no gradient, as y is a whole number.

    Args:
        bin_boundaries: the boundaries b in rising order. The first interval begins at −∞, the
            last ends at ∞.
        num_bins: instead: how many intervals `adapt` makes, each with as many numbers of its data.
        epsilon: how exact `adapt` is: it keeps about 1/ε numbers of its data.
        output_mode: "int", the numbers of the intervals; "one_hot", a vector for each with 1 at
            that number; "multi_hot", `(batch, n, ...)` to `(batch, ..., intervals)`, with 1 at each
            interval that occurs; "count", the same with how often it occurs.
        sparse: only False, as there are no sparse tensors.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
        >>> layer(keras.ops.array([[-1.5, 1.0, 3.4, 0.5]]))
        Tensor([[0, 2, 3, 1]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: list[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if output_mode not in ("int", *MODES):
            raise ValueError(
                "Unknown argument `output_mode` of Discretization: it is one of int, "
                f"{', '.join(MODES)}. Received: output_mode={output_mode}"
            )
        if sparse:
            raise ValueError("`sparse=True` is not supported: minicnn has dense tensors only.")
        if num_bins is not None and num_bins < 0:
            raise ValueError(
                f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`"
            )
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                "Both `num_bins` and `bin_boundaries` should not be set. Received: "
                f"`num_bins={num_bins}` and `bin_boundaries={bin_boundaries}`"
            )
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        self.bin_boundaries, self.num_bins, self.epsilon = bin_boundaries, num_bins, epsilon
        self.output_mode, self.sparse = output_mode, False
        self._quantiles = Quantiles(epsilon)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def output_dtype(self) -> str:
        """The type of the result."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Computes the boundaries from data: the quantiles that make equally full intervals.

        Args:
            data: an array, or batches: a data set, a generator or another iterable of arrays.
            steps: how many batches are used; all by default.
        """
        if self.num_bins is None:
            raise ValueError(
                f"Cannot adapt layer '{self.name}', a Discretization that has been initialized "
                "with `bin_boundaries`: use `num_bins` instead."
            )
        self.reset_state()
        data = [np.asarray(batch) for batch in data] if isinstance(data, list) else data
        for batch in islice(batches_of(data), steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Takes in a batch of numbers."""
        self._quantiles.add(np.asarray(data, "float32"))

    def finalize_state(self) -> None:
        """Computes the boundaries from what was taken in."""
        if self.num_bins is not None:
            self.bin_boundaries = self._quantiles.boundaries(self.num_bins)

    def reset_state(self) -> None:
        """Forgets what was taken in."""
        if self.num_bins is not None:
            self._quantiles = Quantiles(self.epsilon)

    def call(self, inputs: Any) -> Any:
        """Finds the intervals."""
        if self.bin_boundaries is None:
            raise ValueError(
                "You need to either pass the `bin_boundaries` argument or call `adapt(dataset)` "
                f"before you use layer '{self.name}', a Discretization."
            )
        x = ops.convert_to_tensor(inputs)
        numbers = ops.digitize(x, ops.array(self.bin_boundaries, dtype="float32"))
        if self.output_mode == "int":
            return numbers
        axis = min(1, max(len(x.shape) - 1, 0))
        return encode(numbers, self.output_mode, self._depth, self.output_dtype, axis)

    @property
    def _depth(self) -> int:
        return self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the input for "int"; with an axis of intervals otherwise, see `output_mode`."""
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot":
            return (*(shape[:-1] if shape[1:] and shape[-1] == 1 else shape), self._depth)
        return (*shape[:1], *shape[2:], self._depth) if shape[1:] else (self._depth,)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline."""
        return KerasTensor(self.compute_output_shape(inputs.shape), self.output_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the boundaries that `adapt` found."""
        names = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name")
        return {**{name: getattr(self, name) for name in names}, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
        """Makes the layer again; one that was adapted has its boundaries."""
        config = dict(config)
        adapted = None
        if config.get("num_bins") is not None:
            adapted = config.pop("bin_boundaries", None)
        layer = cls(**config)
        layer.bin_boundaries = layer.bin_boundaries if adapted is None else adapted
        return layer
