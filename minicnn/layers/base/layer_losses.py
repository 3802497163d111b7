"""The losses that a layer adds to what training minimizes."""

from __future__ import annotations

import weakref
from typing import Any

from minicnn.layers.base.layer_state import LayerState
from minicnn.ops.symbolic.keras_tensor import KerasTensor

layers_with_losses: weakref.WeakSet = weakref.WeakSet()
"""Layers that `add_loss` was called on since their losses were last forgotten."""


class LayerLosses(LayerState):
    """`add_loss` and `losses` of a layer."""

    def add_loss(self, loss: Any) -> None:
        """Adds scalars to what training minimizes; they last until the next call."""
        for item in loss if isinstance(loss, (list, tuple)) else [loss]:
            if isinstance(item, KerasTensor):  # only shapes are being worked out
                continue
            if getattr(item, "shape", None) is not None and len(item.shape) > 0:
                raise ValueError(
                    f"Layer '{self.name}': `add_loss` takes scalars, "
                    f"received a tensor of shape {tuple(item.shape)}. Take its mean or sum first."
                )
            self._losses.append(item)
            layers_with_losses.add(self)

    @property
    def losses(self) -> list:
        """Scalars added by the last call, and the penalties of the regularizers."""
        layers = self._flatten_layers()
        added = [loss for layer in layers for loss in layer._losses]
        penalties = [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]
        return added + penalties

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses.clear()
            layers_with_losses.discard(layer)
