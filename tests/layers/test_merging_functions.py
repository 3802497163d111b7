"""`layers.add(inputs)` and its kind are the layers of those names, called."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers

FUNCTIONS = {
    "add": ("Add", {}),
    "average": ("Average", {}),
    "maximum": ("Maximum", {}),
    "minimum": ("Minimum", {}),
    "multiply": ("Multiply", {}),
    "subtract": ("Subtract", {}),
    "concatenate": ("Concatenate", {"axis": 1}),
    "dot": ("Dot", {"axes": -1, "normalize": True}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_the_layer(name, rng):
    class_name, settings = FUNCTIONS[name]
    a, b = rng.standard_normal((2, 3, 4)).astype("float32")
    expected = getattr(layers, class_name)(**settings)([a, b])
    assert np.ptp(np.asarray(expected)) > 0
    np.testing.assert_array_equal(getattr(layers, name)([a, b], **settings), expected)
    inputs = [keras.Input((4,)), keras.Input((4,))]
    model = keras.Model(inputs, getattr(layers, name)(inputs, name="merged", **settings))
    assert model.layers[-1].name == "merged"
    np.testing.assert_array_equal(model([a, b]), expected)
