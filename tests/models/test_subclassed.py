"""Models of one's own, against the same model made with NumPy."""

import numpy as np
import pytest

from minicnn import Model, layers, ops


class TwoLayers(Model):
    def __init__(self, units=3):
        super().__init__()
        self.first = layers.Dense(units, activation="tanh")
        self.rest = [layers.Dropout(0.5), layers.Dense(1)]

    def call(self, inputs, training=None):
        x = self.first(inputs)
        for layer in self.rest:
            x = layer(x)
        return x


def test_computes_and_owns_its_layers(rng):
    model = TwoLayers()
    x = rng.normal(size=(4, 2)).astype("float32")
    y = model(x)
    kernel, bias, last_kernel, last_bias = model.get_weights()
    np.testing.assert_allclose(y, np.tanh(x @ kernel + bias) @ last_kernel + last_bias, rtol=1e-5)
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dropout", "Dense"]
    assert model.count_params() == 2 * 3 + 3 + 3 + 1
    assert np.abs(model(x, training=True) - y).max() > 0


def test_build_without_data():
    model = TwoLayers()
    with pytest.raises(ValueError, match="isn't built"):
        model.count_params()
    model.build((None, 2))
    assert model.count_params() == 13
    assert model.compute_output_shape((None, 2)) == (None, 1)


def test_inside_a_drawn_model(rng):
    from minicnn import Input

    inner = TwoLayers()
    x = Input((2,))
    model = Model(x, inner(x) * 2)
    data = rng.normal(size=(4, 2)).astype("float32")
    np.testing.assert_allclose(model(data), inner(data).numpy() * 2, rtol=1e-6)


def test_several_inputs_by_keyword(rng):
    class Weighted(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs, weight=None, training=False):
            y = self.dense(inputs)
            return y if weight is None else y * ops.expand_dims(weight, -1)

    model = Weighted()
    x, w = rng.normal(size=(3, 2)).astype("float32"), np.float32([1, 2, 3])
    np.testing.assert_allclose(model(x, weight=w), model(x).numpy() * w[:, None], rtol=1e-6)


def test_names_of_attributes_that_are_taken():
    with pytest.raises(AttributeError, match="reserved"):
        TwoLayers().layers = []
