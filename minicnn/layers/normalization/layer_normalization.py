"""Layer normalization."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import keep_settings, settings_of
from minicnn.layers.normalization.base_normalization import BaseNormalization, check_axes


class LayerNormalization(BaseNormalization):
    """Gives each sample mean 0 and variance 1 over `axis`, then a learned scale and offset.

    Unlike in a batch normalization no sample depends on the others.

    `y = gamma · (x - μ) / √(σ² + ε) + beta`

    Backward: With `x̂ = (x − μ) / √(σ² + ε)`, `ĝ = gamma · ȳ` and ⟨ ⟩ the mean over `axis`:
    `x̄ = (ĝ − ⟨ĝ⟩ − x̂ ⟨ĝ · x̂⟩) / √(σ² + ε)`, `γ̄ = Σ ȳ · x̂` and `β̄ = Σ ȳ` over the samples.

    Args:
        axis: one axis or several; gamma and beta have their lengths.
        epsilon: ε.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer, gamma_initializer: initial values of the weights.
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied to the weights after each update.
        rms_scaling: deprecated; see `RMSNormalization`.

    Source: Ba, Kiros, Hinton, "Layer normalization" (2016), eq. 3.
    """

    def __init__(
        self,
        axis: int | list[int] | tuple[int, ...] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but received: "
                f"{axis!r}"
            )
        if rms_scaling:
            warnings.warn(
                "You passed `rms_scaling=True`, which is deprecated: it divides by the standard "
                "deviation and not by the root mean square. Use `RMSNormalization` instead.",
                stacklevel=2,
            )
        axis = axis if isinstance(axis, int) else list(axis)
        keep_settings(self, locals())
        self.supports_masking = True
        self.autocast = False

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes gamma and beta."""
        check_axes(self.axis, input_shape)
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        shape = tuple(input_shape[a] for a in self.axis)
        self._add_gamma_and_beta(
            shape,
            gamma=self.scale or self.rms_scaling,
            beta=self.center and not self.rms_scaling,
        )

    def call(self, inputs: Any) -> Any:
        """Normalizes, multiplies by gamma and adds beta."""
        y = ops.layer_normalization(
            inputs, self.gamma, self.beta, self.axis, self.epsilon, self.rms_scaling
        )
        return ops.cast(y, self.compute_dtype)
