"""Global average pooling over sequences."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.pooling.base_global_pooling import BaseGlobalAveragePooling
from minicnn.ops.define.half import at_least_float32


class GlobalAveragePooling1D(BaseGlobalAveragePooling):
    """The mean of each channel of sequences `(batch, steps, channels)`.

    A mask `(batch, steps)` leaves out the steps where it is False. Arguments and
    formula: see `GlobalAveragePooling2D`.
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Takes the means, over the steps where the mask is True."""
        if mask is None:
            return super().call(inputs)
        (steps,) = self._spatial_axes
        counts = ops.expand_dims(ops.cast(mask, "bool"), 3 - steps)
        x = at_least_float32(inputs)
        total = ops.sum(ops.where(counts, x, 0), axis=steps, keepdims=self.keepdims)
        number = ops.sum(ops.cast(counts, x.dtype), axis=steps, keepdims=self.keepdims)
        return ops.cast(total / number, inputs.dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """None, as the output has no steps."""
