"""The values of a layer's variables: read, set, counted, put into files and taken from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff.temporary_values import rolled_back
from minicnn.layers.base.layer_state import LayerState


class LayerValues(LayerState):
    """`get_weights`, `set_weights` and what saving uses."""

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights, in the order of `weights`."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, weights: list) -> None:
        """Gives all weights new values: none is changed if one does not fit."""
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of "
                f"length {len(weights)}, but the layer was expecting {len(own)} weights: "
                f"{[(w.name, w.shape) for w in own]}."
            )
        for variable, value in zip(own, weights, strict=True):
            if variable.shape != np.shape(value):
                raise ValueError(
                    f"Layer '{self.name}': weight shape {variable.shape} of '{variable.path}' is "
                    f"not compatible with the provided weight shape {np.shape(value)}."
                )
        with rolled_back(own):
            for variable, value in zip(own, weights, strict=True):
                variable.assign(value)

    def count_params(self) -> int:
        """Number of elements of all weights."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't "
                "built. Build it with `layer.build(input_shape)`, or call it on data."
            )
        return sum(w.size for w in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Puts the layer's own variables into a dict-like store, under "0", "1", ..."""
        for i, v in enumerate(self._trainable_variables + self._non_trainable_variables):
            store[str(i)] = v

    def load_own_variables(self, store: Any) -> None:
        """Takes the layer's own variables from a store that `save_own_variables` filled."""
        own = self._trainable_variables + self._non_trainable_variables
        if len(store.keys()) != len(own):
            built = "" if self.built or own else " The layer was never built, so it has none yet."
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received "
                f"{len(store.keys())} variables during loading.{built} Expected: "
                f"{[v.name for v in own]}"
            )
        for i, v in enumerate(own):
            v.assign(store[str(i)])
