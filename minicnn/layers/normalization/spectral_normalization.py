"""Spectral normalization: the largest singular value of a layer's kernel becomes 1."""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.layers.core.wrapper import Wrapper


class SpectralNormalization(Wrapper):
    """In training, divides the kernel of the layer inside by its largest singular value σ.

    The kernel as a matrix W with a column for each output; with steps of the power iteration
    `v = u Wᵀ / |u Wᵀ|`, `u = v W / |v W|`, which go on from call to call, `σ ≈ v W uᵀ`.
    The divided kernel replaces the kernel. In inference nothing is changed.

    Args:
        layer: a layer with a `kernel`, as `Dense` and `Conv2D`, or an `Embedding`.
        power_iterations: steps in each call.

    Source: Miyato et al., "Spectral normalization for generative adversarial networks" (2018),
    §2.1 and algorithm 1.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.SpectralNormalization(keras.layers.Conv2D(2, 3))
        >>> layer(keras.ops.ones((1, 8, 8, 3)), training=True).shape
        (1, 6, 6, 2)
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be greater than zero. Received: "
                f"`power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    settings = settings_of(__init__, without=("layer",))

    def build(self, input_shape: Any) -> None:
        """Builds the layer inside, and makes the vector u."""
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                self.kernel = getattr(self.layer, name)
                break
        else:
            raise ValueError(
                f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings': "
                f"layer '{self.name}' has nothing to normalize."
            )
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=self.kernel.dtype,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Normalizes the kernel in training, and calls the layer inside."""
        if training:
            u, kernel = self.normalized_weights()
            self.vector_u.assign(u)
            self.kernel.assign(kernel)
        y = self.layer(inputs)
        return y if y.dtype == inputs.dtype else ops.cast(y, inputs.dtype)

    def normalized_weights(self) -> tuple:
        """The new u, and the kernel divided by σ; both as they are for a kernel of zeros."""
        kernel, first = ops.stop_gradient(self.kernel.value), self.vector_u.value
        w, u = ops.reshape(kernel, (-1, kernel.shape[-1])), first
        for _ in range(self.power_iterations):
            v = ops.normalize(u @ ops.transpose(w), axis=None)
            u = ops.normalize(v @ w, axis=None)
        sigma = v @ w @ ops.transpose(u)
        is_zero = ops.all(kernel == 0)
        return ops.where(is_zero, first, u), kernel / ops.where(is_zero, 1, sigma[0, 0])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the layer inside."""
        return self.layer.compute_output_shape(input_shape)
