"""`Discretization` beside real Keras: intervals, boundaries from data, configs and errors."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import layers
from minicnn.layers.preprocessing.quantiles import Quantiles

BOUNDARIES = [-0.5, 0.0, 0.25, 1.0]


def draw(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (2, 3), (2, 3, 4), (2, 3, 1)])
def test_modes_give_what_keras_gives(keras, mode, shape):
    x = draw(shape)
    x.flat[:2] = BOUNDARIES[:2]  # a boundary belongs to the interval that begins with it
    pair = [
        k.layers.Discretization(BOUNDARIES, output_mode=mode, name="same") for k in (minicnn, keras)
    ]
    a, b = (layer(x) for layer in pair)
    np.testing.assert_array_equal(a, b)
    assert str(a.dtype) == b.dtype.name
    assert (
        pair[0].compute_output_shape(shape) == a.shape == tuple(pair[1].compute_output_shape(shape))
    )
    drawn = pair[0](minicnn.KerasTensor(shape))
    assert (drawn.shape, drawn.dtype) == (a.shape, a.dtype)
    assert pair[0].get_config() == pair[1].get_config()
    assert (
        layers.Discretization.from_config(pair[0].get_config()).get_config() == pair[0].get_config()
    )


@pytest.mark.parametrize("bins", [1, 2, 4, 7, 30])
@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.3])
@pytest.mark.parametrize(
    "shapes", [[(5,)], [(40, 3)], [(250, 4)], [(9, 2), (500, 1), (3, 3), (90,)]]
)
def test_boundaries_from_data_are_those_of_keras(keras, bins, epsilon, shapes):
    data = [draw(shape, i) for i, shape in enumerate(shapes)]
    pair = [k.layers.Discretization(num_bins=bins, epsilon=epsilon) for k in (minicnn, keras)]
    for layer in pair:
        layer.adapt(data[0] if len(data) == 1 else data)
    assert pair[0].bin_boundaries == pair[1].bin_boundaries
    assert pair[0].get_config()["bin_boundaries"] == pair[0].bin_boundaries


def test_intervals_are_equally_full():
    x = np.random.default_rng(1).exponential(size=(20_000, 1)).astype("float32")
    layer = layers.Discretization(num_bins=8, epsilon=0.001, output_mode="one_hot")
    layer.adapt(minicnn.data.Dataset.from_tensor_slices(x).batch(256))
    shares = np.asarray(layer(x)).mean(0)
    np.testing.assert_allclose(shares, 1 / 8, atol=0.004)


def test_steps_limit_what_is_used():
    def endless():
        i = 0
        while True:
            yield np.full((2, 2), i, "float32")
            i += 1

    layer = layers.Discretization(num_bins=2)
    layer.adapt(endless(), steps=5)
    assert layer.bin_boundaries == [pytest.approx(2, abs=0.5)]
    layer.adapt([[1.0, 2.0], [3.0, 4.0]])
    assert 1 < layer.bin_boundaries[0] < 4


def test_adapted_layers_are_saved(keras, tmp_path):
    x = draw((50, 3))
    for one, other in ((minicnn, keras), (keras, minicnn)):
        layer = one.layers.Discretization(num_bins=5, output_mode="count")
        layer.adapt(x)
        model = one.Sequential([one.Input((3,)), layer, one.layers.Dense(2)])
        model.save(tmp_path / "model.keras")
        again = other.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(
            again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6
        )
        assert again.layers[0].bin_boundaries == layer.bin_boundaries


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "set either `num_bins` or `bin_boundaries`"),
        ({"num_bins": 2, "bin_boundaries": [0.0]}, "Both `num_bins` and `bin_boundaries`"),
        ({"num_bins": -1}, "`num_bins` must be greater"),
        ({"num_bins": 2, "output_mode": "binary"}, "`output_mode`"),
        ({"num_bins": 2, "output_mode": "count", "sparse": True}, "dense tensors only"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        layers.Discretization(**settings)


def test_order_of_calls():
    with pytest.raises(ValueError, match=r"You need .* call `adapt"):
        layers.Discretization(num_bins=2)(draw((2, 2)))
    with pytest.raises(ValueError, match=r"Cannot adapt .*use `num_bins`"):
        layers.Discretization([0.0]).adapt(draw((2, 2)))


def test_quantiles_keep_few_numbers():
    quantiles = Quantiles(0.1)
    for i in range(20):
        quantiles.add(draw((300,), i))
    assert quantiles.numbers.size <= 11
    assert quantiles.weights.sum() == pytest.approx(6000, rel=0.02)
