"""Models that are lists of layers."""

import numpy as np
import pytest

from minicnn import Input, Sequential, layers


def test_built_from_input_from_input_shape_and_from_data():
    known = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    older = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2)])
    late = Sequential([layers.Dense(3), layers.Dense(2)])
    assert known.built and older.built and not late.built
    assert late.weights == []
    late(np.ones((5, 4)))
    for model in (known, older, late):
        assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 2), (2,)]
        assert model(np.ones((7, 4))).shape == (7, 2)
        assert len(model.layers) == 2
    assert known.output_shape == (None, 2)


def test_add_and_pop():
    model = Sequential()
    model.add(Input((4,)))
    model.add(layers.Dense(3))
    first = model.layers[0]
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    model.pop()
    assert model.output_shape == (None, 3)
    assert model.layers == [first]
    kernel = first.kernel
    model.add(layers.Activation("relu"))
    assert model.layers[0].kernel is kernel, "adding a layer must not make new weights"


def test_a_model_in_a_model(rng):
    inner = Sequential([layers.Dense(3), layers.ReLU()])
    outer = Sequential([Input((2,)), inner, layers.Dense(1)])
    x = rng.normal(size=(4, 2)).astype("float32")
    kernel, bias = inner.layers[0].get_weights()
    hidden = np.maximum(x @ kernel + bias, 0)
    np.testing.assert_allclose(
        outer(x), hidden @ outer.layers[1].kernel.numpy() + outer.layers[1].bias.numpy(), rtol=1e-5
    )
    assert outer.count_params() == 2 * 3 + 3 + 3 + 1


def test_config_makes_the_same_model():
    model = Sequential([Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)])
    again = Sequential.from_config(model.get_config())
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda m: m.add("dense"), "Only instances of `keras.Layer`.*dense"),
        (lambda m: m.add(layers.Dense(2, name="one")), "'one' is already"),
        (lambda m: m.add(Input((5,))), r"already been configured.*\(None, 4\)"),
        (lambda m: m.build((None, 9)), r"\(None, 4\).*\(None, 9\)"),
        (
            lambda m: m(np.ones((2, 5))),
            r"'sequential'.*expected shape=\(None, 4\), found shape=\(2, 5\)",
        ),
        (lambda m: m.add(layers.Add()), "list of at least 1 input"),
    ],
)
def test_misuse(misuse, message):
    model = Sequential([Input((4,)), layers.Dense(3, name="one")])
    with pytest.raises(ValueError, match=message):
        misuse(model)


def test_nothing_is_known_before_it_is_built():
    model = Sequential([layers.Dense(1)])
    for name in ("inputs", "outputs", "input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="no defined"):
            getattr(model, name)
    with pytest.raises(ValueError, match="has no layers"):
        Sequential().build((None, 3))
    with pytest.raises(AttributeError, match=r"add\(\)` and `pop\(\)"):
        model.layers = []
