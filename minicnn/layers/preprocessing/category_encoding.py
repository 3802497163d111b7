"""The layer that encodes class numbers as vectors."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.encoded_numbers import MODES, encode
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class CategoryEncoding(Layer):
    """Whole numbers from 0 to `num_tokens` − 1 as vectors of length `num_tokens`.

    A vector says which numbers occur, or how often.

    `y[c] = 1 if c occurs, else 0`, or the number of times with `output_mode="count"`.

    Backward: Whole numbers have no gradient.

    Args:
        num_tokens: number of classes.
        output_mode: "multi_hot", `(..., k)` to `(..., num_tokens)` with 1 at each class that
            occurs; "count", the same with the number of times; "one_hot", a vector for each number.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.CategoryEncoding(4, output_mode="count")([[1, 2, 1]])
        Tensor([[0., 2., 1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if output_mode not in MODES:
            raise ValueError(
                f"Unknown arg for output_mode: {output_mode}. It is one of {', '.join(MODES)}."
            )
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer: how many classes are there?"
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        if sparse:
            raise ValueError("`sparse=True` is not supported: minicnn has dense tensors only.")
        self.num_tokens = num_tokens
        self.output_mode = output_mode
        self.sparse = False
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    settings = settings_of(__init__, without=("sparse",))

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        """Encodes; `count_weights` are the weights of the numbers."""
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                "`count_weights` is not used when `output_mode` is not 'count'. Layer "
                f"'{self.name}' has output_mode='{self.output_mode}'."
            )
        return self._encode(inputs, count_weights)

    def _encode(self, inputs: Any, count_weights: Any = None) -> Any:
        x, dtype = ops.convert_to_tensor(inputs), self.compute_dtype
        return encode(x, self.output_mode, self.num_tokens, dtype, weights=count_weights)

    def compute_output_shape(self, input_shape: Any, count_weights_shape: Any = None) -> Shape:
        """The axis of the numbers replaced by the classes; for "one_hot" an axis more."""
        shape = tuple(input_shape)
        single = len(shape) > 1 and shape[-1] == 1
        if self.output_mode == "one_hot" and not single:
            return (*shape, self.num_tokens)
        return (*shape[:-1], self.num_tokens)

    def compute_output_spec(self, inputs: Any, count_weights: Any = None) -> KerasTensor:
        """The output's outline."""
        return KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)
