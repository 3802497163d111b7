"""The layer that applies another one to each step of a sequence."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.call_arguments import call_signature
from minicnn.layers.base.layer import Layer
from minicnn.layers.core.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer to each step of `(batch, steps, ...)`, with the same weights.

    Each step is computed on its own.

    `y[:, t] = layer(x[:, t])`

    Backward: The gradients of all steps are added: `w̄ = Σ_t w̄[t]`, while `x̄[:, t]` is that of
    its step.

    Args:
        layer: the layer.

    Example:
        >>> import minicnn as keras
        >>> film = keras.ops.ones((2, 10, 16, 16, 3))
        >>> keras.layers.TimeDistributed(keras.layers.Conv2D(4, 3))(film).shape
        (2, 10, 14, 14, 4)
    """

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance. "
                f"Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    settings = ()

    def _step_shape(self, input_shape: Shape) -> Shape:
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) < 3:
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 "
                f"dimensions, received: {input_shape}"
            )
        return (input_shape[0], *input_shape[2:])

    def build(self, input_shape: Shape) -> None:
        """Builds the layer for one step."""
        with self.layer._open_name_scope():
            super().build(self._step_shape(input_shape))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The layer's results for all steps; each gets its part of the mask.

        As in Keras, the layer computes in the type of this one.
        """
        signature = call_signature(self.layer)
        told = {"training": training} if signature.accepts("training") else {}
        if mask is not None:
            self._check_mask(mask, inputs)
        outputs = []
        for t in range(inputs.shape[1]):
            if mask is not None and "mask" in signature.names:
                told["mask"] = mask[:, t]
            outputs.append(self.layer.call(inputs[:, t], **told))
        return ops.stack(outputs, axis=1)

    def _check_mask(self, mask: Any, inputs: Any) -> None:
        if len(mask.shape) < 2:
            raise ValueError(
                "The `mask` passed to the `TimeDistributed` layer must be at least 2D (e.g., "
                f"`(batch_size, timesteps)`), but it has {len(mask.shape)} dimension(s) with shape "
                f"{mask.shape}."
            )
        if tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            raise ValueError(
                f"The `mask` passed to the `TimeDistributed` layer has a shape {mask.shape} that "
                f"is incompatible with the input shape {inputs.shape}. The first two dimensions of "
                "the mask (batch size and timesteps) must match the input's first two dimensions. "
                f"Expected mask shape prefix: ({inputs.shape[0]}, {inputs.shape[1]})."
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """That of the layer, with the steps."""
        batch, *rest = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (batch, input_shape[1], *rest)
