"""What all layers have: weights, penalties, and a call in inference or in training."""

from __future__ import annotations

import contextlib

import numpy as np

from compare.judges.definitions.activations import penalty
from compare.judges.definitions.undefined import Undefined
from compare.judges.definitions.weight import Weight

UNUSED = ("_initializer", "_constraint", "seed", "data_format")
_DRAWS = []


@contextlib.contextmanager
def drawing_from(draws):
    """Context in which `Layer.draws` are these random numbers."""
    _DRAWS.append(draws)
    try:
        yield draws
    finally:
        _DRAWS.pop()


class Layer:
    """A layer. Subclasses say their weights in `build` and their output in `call`.

    Settings that change no number for given weights are ignored; others that the subclass does
    not take have no definition. Settings `..._regularizer` are penalties on the weight `...`;
    `weight_of` says which that is, where it has another name.
    """

    weight_of: dict = {}

    def __init__(self, name=None, activity_regularizer=None, **others):
        self.weights, self._shape, self._losses = [], None, []
        self._activity = penalty(activity_regularizer) if activity_regularizer else None
        self._penalties = {}
        for key, value in others.items():
            if key.endswith("_regularizer"):
                if value is not None:
                    name = key.removesuffix("_regularizer")
                    self._penalties[self.weight_of.get(name, name)] = penalty(value)
            elif not key.endswith(UNUSED):
                raise Undefined(f"{type(self).__name__} with {key}")

    def build(self, shape):
        """Add the weights; `shape` is that of the input."""

    def call(self, x, training):
        """The output."""
        raise NotImplementedError

    def add_weight(self, name, shape, trainable=True):
        """Add a weight; its value is assigned later."""
        weight = Weight(np.ones(shape), self._type, name, trainable)
        self.weights.append(weight)
        return weight

    def __call__(self, x, training=False, **others):
        if others:
            raise Undefined(f"{type(self).__name__} called with {list(others)}")
        if self._shape is None:
            self._shape, self._type = x.shape, x.dtype
            self.build(x.shape)
        y = self.call(x, training)
        self._losses = [self._activity(y) / len(x)] if self._activity else []
        return y

    @property
    def losses(self):
        """The penalties, those of the output first."""
        penalised = [w for w in self.weights if w.name in self._penalties]
        return self._losses + [self._penalties[w.name](w.value) for w in penalised]

    @property
    def trainable_weights(self):
        """The weights that have gradients."""
        return [w for w in self.weights if w.trainable]

    @property
    def non_trainable_weights(self):
        """The weights that a call in training changes."""
        return [w for w in self.weights if not w.trainable]

    @property
    def draws(self):
        """The random numbers that all libraries share."""
        return _DRAWS[-1]

    def compute_output_shape(self, shape):
        """The shape of the output for zeros."""
        return self.call(np.zeros(shape), False).shape

    def compute_mask(self, inputs, mask):
        """No layer here makes a mask."""

    def get_config(self):
        """A definition has no configuration."""
        return {}

    @classmethod
    def from_config(cls, config):
        """A definition has no configuration."""
        return cls.__new__(cls)
