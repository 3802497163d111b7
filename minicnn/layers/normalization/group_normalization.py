"""Group normalization."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import dtypes
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.settings import keep_settings, settings_of
from minicnn.layers.normalization.base_normalization import BaseNormalization, check_axes


class GroupNormalization(BaseNormalization):
    """Gives each group of channels of each sample mean 0 and variance 1, then scale and offset.

    Like a layer normalization it does not depend on the batch.

    `y = gamma · (x - μ) / √(σ² + ε) + beta`, μ and σ² over the positions and channels of a group.

    Backward: With `x̂ = (x − μ) / √(σ² + ε)`, `ĝ = gamma · ȳ` and ⟨ ⟩ the mean over a group:
    `x̄ = (ĝ − ⟨ĝ⟩ − x̂ ⟨ĝ · x̂⟩) / √(σ² + ε)`, `γ̄ = Σ ȳ · x̂` and `β̄ = Σ ȳ` for each channel.

    Args:
        groups: number of groups of channels; -1 makes each channel a group
            (instance normalization).
        axis: of the channels.
        epsilon: ε.
        center: whether there is a beta for each channel.
        scale: whether there is a gamma for each channel.
        beta_initializer, gamma_initializer: initial values of the weights.
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied to the weights after each update.

    Source: Wu, He, "Group normalization" (2018), eq. 1 to 7.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or "
                f"`-1` for instance normalization). Received: groups={groups}"
            )
        super().__init__(**kwargs)
        keep_settings(self, locals())
        self.supports_masking = True
        self.autocast = False

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes gamma and beta."""
        check_axes(self.axis, input_shape)
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer "
                f"received an input with shape {tuple(input_shape)}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels "
                f"({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"The number of channels ({channels}) does not divide into {self.groups} groups: "
                f"the channels must be a multiple of the groups. Number of groups ({self.groups}) "
                f"must be a multiple of the number of channels ({channels})."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_gamma_and_beta((channels,), gamma=self.scale, beta=self.center)

    def call(self, inputs: Any) -> Any:
        """Normalizes each group, multiplies by gamma and adds beta."""
        x = ops.cast(inputs, dtypes.result_type(inputs.dtype, "float32"))
        grouped = ops.reshape(x, self._grouped(ops.shape(x)))
        axis = self.axis % len(x.shape)
        axes = [a for a in range(1, len(grouped.shape)) if a != axis]
        mean, variance = ops.moments(grouped, axes, keepdims=True)
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * self._by_channel(self.gamma, x)
        shift = -mean * factor
        if self.beta is not None:
            shift = shift + self._by_channel(self.beta, x)
        y = ops.reshape(grouped * factor + shift, ops.shape(x))
        return ops.cast(y, self.compute_dtype)

    def _grouped(self, shape: Shape) -> list[int]:
        """The shape with the axis of the channels split in (groups, channels of a group)."""
        axis = self.axis % len(shape)
        split = [self.groups, shape[axis] // self.groups]
        rest = [-1 if a == 0 and n is None else n for a, n in enumerate(shape)]
        return rest[:axis] + split + rest[axis + 1 :]

    def _by_channel(self, vector: Any, x: Any) -> Any:
        shape = [1] * len(x.shape)
        shape[self.axis] = x.shape[self.axis]
        return ops.cast(ops.reshape(vector, self._grouped(shape)), x.dtype)
