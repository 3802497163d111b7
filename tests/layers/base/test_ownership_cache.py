"""What layers own is found again when it changes, also while lookups are kept."""

from __future__ import annotations

import numpy as np

import minicnn
from minicnn import layers
from minicnn.layers.base.ownership_cache import ownership_cached


class Growing(layers.Layer):
    """Makes its layers when it is built, some of them in a list."""

    def __init__(self):
        super().__init__()
        self.blocks = []

    def build(self, input_shape):
        self.blocks.append(layers.Dense(3))
        self.blocks.append(Penalty())
        self.head = layers.Dense(2)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Penalty(layers.Layer):
    def call(self, x):
        self.add_loss(minicnn.ops.mean(x**2))
        return x


def names(model):
    return (
        [v.path for v in model.weights],
        [v.path for v in model.trainable_weights],
        [layer.name for layer in model._flatten_layers()],
        len(model.losses),
    )


def test_layers_made_inside_are_found():
    model = minicnn.Sequential([Growing(), layers.BatchNormalization()])
    with ownership_cached():
        assert not model.weights
        for _ in range(3):
            model(np.ones((4, 5), "float32"))
            kept = names(model)
    assert kept == names(model)
    assert len(kept[0]) == 8
    assert kept[3] == 1


def test_attributes_set_and_deleted_inside():
    layer = layers.Layer()
    with ownership_cached():
        assert layer._flatten_layers() == [layer]
        layer.first = layers.Dense(1)
        assert layer._flatten_layers() == [layer, layer.first]
        layer.more = [layers.Dense(1)]
        assert len(layer._flatten_layers()) == 3
        del layer.first
        assert layer._flatten_layers() == [layer, *layer.more]


def test_trainable_is_not_kept():
    model = minicnn.Sequential([minicnn.Input((3,)), layers.Dense(2)])
    with ownership_cached():
        assert len(model.trainable_weights) == 2
        model.layers[0].trainable = False
        assert model.trainable_weights == []


def test_lists_are_the_callers_to_change():
    model = minicnn.Sequential([minicnn.Input((3,)), layers.Dense(2)])
    with ownership_cached():
        model.weights.clear()
        assert len(model.weights) == 2


def test_scopes_nest():
    model = minicnn.Sequential([minicnn.Input((3,)), layers.Dense(2)])
    with ownership_cached():
        assert len(model.weights) == 2
        with ownership_cached():
            model.add(layers.Dense(1))
            assert len(model.weights) == 4
        assert len(model.weights) == 4
