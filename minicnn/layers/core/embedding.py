"""The embedding layer: integers to vectors."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of


class Embedding(Layer):
    """Replaces each integer by a row of a table of vectors: `(...)` to `(..., output_dim)`.

    The rows are weights; a row is learned when its integer occurs.

    `y[i] = embeddings[x[i]]`

    Backward: `ē[r] = Σ_{i, x[i] = r} ȳ[i]`, with e the table; the integers have no gradient.

    Args:
        input_dim: number of rows of the table: one more than the largest number.
        output_dim: length of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 means a missing value, which the mask for later layers then marks.
        weights: first values of the table.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Embedding(20, 8)(keras.ops.array([[1, 2, 3]])).shape
        (1, 3, 8)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ):
        kwargs.pop("input_length", None)
        for name, value in {"input_dim": input_dim, "output_dim": output_dim}.items():
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
        super().__init__(**kwargs)
        keep_settings(self, locals())
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    settings = settings_of(__init__, "activity_regularizer", without=("weights",))

    def build(self, input_shape: Any = None) -> None:
        """Makes the table."""
        if self.built:
            return
        self.embeddings = add_weight_with_settings(
            self, "embeddings", (self.input_dim, self.output_dim)
        )

    def call(self, inputs: Any) -> Any:
        """Looks the vectors up."""
        if str(inputs.dtype) not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where the input is not 0, with `mask_zero`; else None."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """One axis more, for the vectors."""
        return (*input_shape, self.output_dim)
