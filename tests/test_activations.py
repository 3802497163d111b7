"""Activations by all of Keras's names, with Keras's values."""

import numpy as np
import pytest

from minicnn import activations, ops
from minicnn.autodiff import GradientTape
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.saving import register_keras_serializable

SETTINGS = [
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 1.0}),
    ("relu", {"threshold": 0.4}),
    ("relu", {"negative_slope": 0.1, "max_value": 1.0, "threshold": 0.4}),
    ("relu", {"max_value": 6}),
    ("leaky_relu", {"negative_slope": 0.3}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": (0, 1)}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("soft_shrink", {"threshold": 0.2}),
    ("hard_shrink", {"threshold": 0.2}),
    ("squareplus", {"b": 1}),
    ("threshold", {"threshold": 0.2, "default_value": -3.0}),
    ("sparsemax", {"axis": 0}),
]
PLAIN = [(name, {}) for name in activations._ACTIVATIONS.known if name != "threshold"]
# Keras 3.15's sparsemax has sums that are not 1; see the test of its own.
LIKE_KERAS = [case for case in PLAIN + SETTINGS if case[0] != "sparsemax"]


@pytest.mark.parametrize(("name", "settings"), LIKE_KERAS)
def test_values_are_those_of_keras(keras, rng, name, settings):
    x = rng.normal(scale=2, size=(4, 6)).astype("float32")
    ours, theirs = activations.get(name)(x, **settings), keras.activations.get(name)(x, **settings)
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "settings"), PLAIN + SETTINGS)
def test_types_and_symbolic_shapes(name, settings):
    function = activations.get(name)
    for dtype in ("float32", "float64"):
        y = function(np.ones((4, 6), dtype), **settings)
        assert y.dtype == dtype
    outline = function(KerasTensor((4, 6), "float32"), **settings)
    assert outline.shape == y.shape and outline.dtype == "float32"


@pytest.mark.parametrize("axis", [0, -1])
def test_sparsemax_is_the_nearest_point_of_the_simplex(rng, axis):
    x = rng.normal(scale=2, size=(4, 6))
    p = np.asarray(activations.sparsemax(x, axis=axis))
    np.testing.assert_allclose(p.sum(axis=axis), 1, rtol=1e-6)
    assert (p >= 0).all() and (p == 0).any()
    # x − p is the same wherever p > 0, and nowhere larger.
    rest = np.where(p > 0, x - p, np.nan)
    np.testing.assert_allclose(np.nanmax(rest, axis=axis), np.nanmin(rest, axis=axis), atol=1e-6)
    assert (x <= np.nanmax(rest, axis=axis, keepdims=True) + p + 1e-6).all()


def test_relu_has_keras_gradients_with_all_settings(rng):
    x = ops.convert_to_tensor(rng.normal(scale=2, size=50))
    settings = {"negative_slope": 0.1, "max_value": 1.0, "threshold": 0.4}
    with GradientTape() as tape:
        tape.watch(x)
        loss = ops.sum(activations.relu(x, **settings) * np.arange(50.0))
    gradient = tape.gradient(loss, x).numpy()
    slope = np.where(x.numpy() < 0.4, 0.1, np.where(x.numpy() > 1, 0, 1))
    np.testing.assert_allclose(gradient, slope * np.arange(50.0))


@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_logits_are_remembered(name):
    x = ops.convert_to_tensor(np.ones((2, 3), "float32"))
    assert activations.get(name)(x)._keras_logits is x
    symbolic = KerasTensor((2, 3))
    assert activations.get(name)(symbolic)._keras_logits is symbolic


def test_names_are_those_of_keras(keras):
    for name in dir(keras.activations):
        if not name.startswith("_"):
            assert hasattr(activations, name), name
            assert name in activations._ACTIVATIONS.known or name in (
                "get",
                "serialize",
                "deserialize",
            )


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu
    assert activations.get(abs) is abs
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        activations.get("rellu")
    with pytest.raises(ValueError, match="Could not interpret activation function"):
        activations.get(5)


def test_serialize():
    for name in activations._ACTIVATIONS.known:
        function = activations.get(name)
        assert activations.deserialize(activations.serialize(function)) is function
    assert activations.serialize(activations.relu) == "relu"

    @register_keras_serializable("tests")
    def third(x):
        return x / 3

    config = activations.serialize(third)
    assert config["config"] == "tests>third"
    assert activations.deserialize(config) is third
    assert activations.get("tests>third") is third
