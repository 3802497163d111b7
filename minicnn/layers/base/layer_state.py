"""The state of a layer: its variables, the layers inside it, its losses.

Nothing is registered. What a layer owns is read off its attributes whenever it is asked for, so
`self.blocks.append(Dense(8))` is found like `self.head = Dense(8)`.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.autodiff import Variable
from minicnn.autodiff.variable import all_or_none
from minicnn.layers.base.ownership_cache import kept
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.random import SeedGenerator

BOOKKEEPING = frozenset(
    """_auto_config _inbound_nodes _outbound_nodes _build_shapes_dict _losses _metrics input_spec
    optimizer loss _compile_config _compile_loss _compile_metrics _loss_tracker history
    _functional _nodes _fused_nodes _operations _inputs _outputs
    _inputs_struct _outputs_struct _depth_of _pair _first_state""".split()
)
"""Attributes that refer to layers and tensors without owning them."""

layers_with_losses: weakref.WeakSet = weakref.WeakSet()
"""Layers that `add_loss` was called on since their losses were last forgotten."""


class LayerState:
    """Variables, sublayers and losses of a layer."""

    @kept
    def _owned(self, kind: type | tuple[type, ...]) -> list:
        """What stands in the attributes, also in lists and dicts, in the order it was put there."""
        found: dict[int, Any] = {}
        for name, value in vars(self).copy().items():  # another thread may be building
            if name not in BOOKKEEPING:
                for item in walk(value):
                    if isinstance(item, kind) and item is not self:
                        found[id(item)] = item
        return list(found.values())

    @property
    def _layers(self) -> list:
        return self._owned(LayerState)

    @property
    def _seed_generators(self) -> list[SeedGenerator]:
        return self._owned(SeedGenerator)

    @property
    def _trainable_variables(self) -> list[Variable]:
        return [v for v in self._owned(Variable) if v.made_trainable]

    @property
    def _non_trainable_variables(self) -> list[Variable]:
        return [v for v in self._owned(Variable) if not v.made_trainable]

    @kept
    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list:
        """The layer and those inside it, depth first, each once."""
        found: dict[int, Any] = {id(self): self}
        waiting = self._layers[::-1]
        while waiting:
            layer = waiting.pop()
            if id(layer) not in found:  # a layer may refer back to the one it is in
                found[id(layer)] = layer
                if recursive:
                    waiting += layer._layers[::-1]
        return list(found.values())[0 if include_self else 1 :]

    @property
    @kept
    def weights(self) -> list[Variable]:
        """All variables that a file holds: those of training, and moving averages and the like."""
        found: dict[int, Variable] = {}
        for layer in self._flatten_layers():
            own = layer._owned(Variable)
            for trained in (True, False):
                for variable in own:
                    if variable.made_trainable is trained:
                        found[id(variable)] = variable
        return list(found.values())

    @property
    @kept
    def variables(self) -> list[Variable]:
        """The weights, and the states of random number generators."""
        return _unique(
            [
                variable
                for layer in self._flatten_layers()
                for variable in [*layer._own_weights, *(g.state for g in layer._seed_generators)]
            ]
        )

    @property
    def _own_weights(self) -> list[Variable]:
        return self._trainable_variables + self._non_trainable_variables

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves to the layer itself."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves to the layer itself."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def metrics(self) -> list:
        """The metrics in the attributes of the layer and of those inside it."""
        from minicnn.metrics import Metric

        own = self._owned(Metric)
        return _unique(own + [m for layer in self._layers for m in layer.metrics])

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of the metrics."""
        return [v for metric in self.metrics for v in metric.variables]

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
        with all_or_none(own):
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


def walk(value: Any, around: tuple[int, ...] = ()) -> Iterator[Any]:
    """What stands in a value, also in lists and dicts inside it."""
    if not isinstance(value, (list, tuple, set, dict)):
        yield value
    elif id(value) not in around:  # a list may contain itself
        for item in list(value.values()) if isinstance(value, dict) else value:
            yield from walk(item, (*around, id(value)))


def _unique(items: list) -> list:
    return list({id(item): item for item in items}.values())
