"""What a layer owns: its variables and the layers inside it.

Nothing is registered. What a layer owns is read off its attributes whenever it is asked for, so
`self.blocks.append(Dense(8))` is found like `self.head = Dense(8)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from minicnn.autodiff import Variable
from minicnn.layers.base.ownership_cache import cached_list
from minicnn.random import SeedGenerator

BOOKKEEPING = frozenset(
    """_auto_config _inbound_nodes _outbound_nodes _build_shapes_dict _losses _metrics input_spec
    optimizer loss _compile_config _compile_loss _compile_metrics _loss_tracker history
    _functional _nodes _fused_nodes _fused_in_training _operations _inputs _outputs
    _inputs_struct _outputs_struct _depth_of _pair _first_state _rnn_states
    _recorded_steps""".split()
)
"""Attributes that refer to layers and tensors without owning them."""

CONTAINERS = (list, tuple, set, dict)


class LayerState:
    """Variables and inner layers of a layer."""

    @cached_list
    def _owned(self, kind: type | tuple[type, ...]) -> list:
        """The objects of a type in the attributes, also in lists and dicts, in their order."""
        found: dict[int, Any] = {}
        for name, value in vars(self).copy().items():  # another thread may be building
            if name in BOOKKEEPING or value is self:
                continue
            if isinstance(value, kind):
                found[id(value)] = value
            elif isinstance(value, CONTAINERS):
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

    @cached_list
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
    @cached_list
    def weights(self) -> list[Variable]:
        """All variables that a file holds: trained ones, then moving averages and the like."""
        found: dict[int, Variable] = {}
        for layer in self._flatten_layers():
            own = layer._owned(Variable)
            for trained in (True, False):
                for variable in own:
                    if variable.made_trainable is trained:
                        found[id(variable)] = variable
        return list(found.values())

    @property
    @cached_list
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
        return list(filter(attrgetter("trainable"), self.weights)) if self.trainable else []

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


def walk(value: Any, around: tuple[int, ...] = ()) -> Iterator[Any]:
    """All objects in a value: in its lists and dicts, or the value itself."""
    if not isinstance(value, CONTAINERS):
        yield value
    elif id(value) not in around:  # a list may contain itself
        for item in list(value.values()) if isinstance(value, dict) else value:
            yield from walk(item, (*around, id(value)))


def _unique(items: list) -> list:
    return list({id(item): item for item in items}.values())
