"""Batch normalization."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration, dtypes
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.settings import keep_settings, settings_of
from minicnn.layers.normalization import renormalization
from minicnn.layers.normalization.base_normalization import BaseNormalization, check_axes, move
from minicnn.ops.nn.fused_normalization import batch_norm_layer, scale_and_shift


class BatchNormalization(BaseNormalization):
    """Gives each channel mean 0 and variance 1 over the batch, then a learned scale and offset.

    `y = gamma · (x - μ) / √(σ² + ε) + beta`

    In training μ and σ² are those of the batch (σ² the biased one), and moving averages follow
    them: `moving = momentum · moving + (1 - momentum) · batch`. Otherwise, and always where
    `trainable` is False, the moving averages are used instead.

    Args:
        axis: of the channels.
        momentum: how much of the moving averages is kept at each step.
        epsilon: ε.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer,
            moving_variance_initializer: initial values of the weights.
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied to the weights after each update.
        renorm, renorm_clipping, renorm_momentum: batch renormalization, see `renormalization.py`.
        synchronized: accepted and without effect, as there is one device.

    Call arguments:
        inputs: of any shape.
        training: whether to use the batch's statistics.
        mask: True where positions count in the statistics; the inputs' shape without the last axis.

    Source: Ioffe, Szegedy, "Batch normalization" (2015), algorithms 1 and 2.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.BatchNormalization()
        >>> keras.ops.std(layer(keras.ops.arange(8.0).reshape(4, 2), training=True), axis=0)
        Tensor([0.9999, 0.9999], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        axis, momentum, epsilon = int(axis), float(momentum), float(epsilon)
        if renorm and renorm_clipping is None:
            renorm_clipping = {}
        keep_settings(self, locals())
        self.supports_masking = True
        if renorm:
            renormalization.check_clipping(renorm_clipping)

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes gamma, beta and the moving averages."""
        check_axes(self.axis, input_shape)
        channels = input_shape[self.axis]
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_gamma_and_beta((channels,), gamma=self.scale, beta=self.center)
        self.moving_mean = self._add_vector("moving_mean", (channels,), trainable=False)
        self.moving_variance = self._add_vector("moving_variance", (channels,), trainable=False)
        if self.renorm:
            renormalization.add_statistics(self, (channels,))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalizes, and in training updates the moving averages."""
        return self.normalize(inputs, training, mask)

    def normalize(
        self, inputs: Any, training: bool | None, mask: Any = None, activation: Any = None
    ) -> Any:
        """What `call` computes, followed by an activation."""
        x = ops.cast(inputs, dtypes.result_type(inputs.dtype, "float32"))
        gamma, beta = self.gamma, self.beta
        if not (training and self.trainable):
            mean, variance = self.moving_mean, self.moving_variance
            if self.is_plain(x):
                y = scale_and_shift(x, *self.factor_and_shift(), activation)
                return ops.cast(y, self.compute_dtype)
        elif mask is None and self.is_plain(x):
            y, mean, variance = batch_norm_layer(x, gamma, beta, self.epsilon, activation)
            self._move_averages(mean, variance)
            return ops.cast(y, self.compute_dtype)
        else:
            mean, variance = self._moments(x, mask)
            if self.renorm:
                gamma, beta = renormalization.corrected(self, mean, variance)
                renormalization.move_statistics(self, mean, variance)
            else:
                self._move_averages(mean, variance)
        y = ops.batch_normalization(x, mean, variance, self.axis, beta, gamma, self.epsilon)
        y = y if activation is None else activation(y)
        return ops.cast(y, self.compute_dtype)

    def factor_and_shift(self) -> tuple[Any, Any]:
        """The two arrays with which `x · factor + shift` normalizes by the moving averages."""
        factor = self.gamma * ops.rsqrt(self.moving_variance + self.epsilon)
        return factor, self.beta - self.moving_mean * factor

    def is_plain(self, x: Any) -> bool:
        """Whether the fused kernel computes this: last axis, gamma and beta, no renormalization."""
        return (
            self.axis in (-1, len(x.shape) - 1) and self.scale and self.center and not self.renorm
        )

    def _move_averages(self, mean: Any, variance: Any) -> None:
        move(self.moving_mean, mean, self.momentum)
        move(self.moving_variance, variance, self.momentum)

    def _moments(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance of each channel, over the positions where the mask is True."""
        axes = [a for a in range(len(x.shape)) if a != self.axis % len(x.shape)]
        if mask is None:
            return ops.moments(x, axes)
        if len(mask.shape) != len(x.shape) - 1:
            raise ValueError(
                "The mask must have one dimension less than the inputs. Received: "
                f"mask.shape={tuple(mask.shape)}, inputs.shape={tuple(x.shape)}"
            )
        counts = ops.broadcast_to(ops.expand_dims(ops.cast(mask, "bool"), -1), ops.shape(x))
        number = (
            ops.sum(ops.cast(counts, x.dtype), axis=axes, keepdims=True) + configuration.epsilon()
        )
        mean = ops.sum(ops.where(counts, x, 0), axis=axes, keepdims=True) / number
        squares = ops.square(ops.where(counts, x - mean, 0))
        variance = ops.sum(squares, axis=axes, keepdims=True) / number
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)
