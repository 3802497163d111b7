"""Layers may declare their `call` in every way that Python knows."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.layers.base.call_arguments import CallArguments, call_signature


class Any(layers.Layer):
    def call(self, *tensors, scale=1.0):
        return scale * sum(tensors)


class FirstAndAny(layers.Layer):
    def call(self, first, *others, scale=1.0):
        return scale * (first + sum(others))


class OtherNameForSelf(layers.Layer):
    def call(this, first, *others, scale=1.0):
        return scale * (first + sum(others))


class Static(layers.Layer):
    @staticmethod
    def call(first, *others, scale=1.0):
        return scale * (first + sum(others))


class OfClass(layers.Layer):
    @classmethod
    def call(cls, first, *others, scale=1.0):
        return scale * (first + sum(others))


class AnyKeyword(layers.Layer):
    def call(self, first, *others, **settings):
        return settings["scale"] * (first + sum(others))


class Assigned(layers.Layer):
    def __init__(self):
        super().__init__()
        self.call = lambda first, *others, scale=1.0: scale * (first + sum(others))


WAYS = [Any, FirstAndAny, OtherNameForSelf, Static, OfClass, AnyKeyword, Assigned]


@pytest.mark.parametrize("way", WAYS)
def test_tensors_and_settings_reach_call(way, rng):
    a, b, c = rng.standard_normal((3, 2, 4)).astype("float32")
    np.testing.assert_allclose(way()(a, b, c, scale=3.0), 3 * (a + b + c), rtol=1e-5)
    inputs = [keras.Input((4,)) for _ in range(3)]
    model = keras.Model(inputs, way()(*inputs, scale=3.0))
    np.testing.assert_allclose(model([a, b, c]), 3 * (a + b + c), rtol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_arguments_have_their_names(way):
    a, b = keras.ops.ones((2, 1)), keras.ops.ones((2, 3))
    found = CallArguments(call_signature(way()), (a, b), {"scale": 3.0})
    first = {"tensors": (a, b)} if way is Any else {"first": a, "others": (b,)}
    assert found.given == first | {"scale": 3.0}
    assert found.first is a
    assert set(found.tensors) == set(first)


def test_metrics_by_their_old_name():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.compiled_metrics.metrics == []
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert [m.name for m in model.compiled_metrics.metrics] == ["mae", "mse"]
