"""Where rounding decides the way of a gradient: found by values, in every kind of layer."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.analysis.gradient_ties import BEFORE_ACTIVATION, ROUNDING, reached, undecided
from minicnn.analysis.recorded_calls import record_calls


def calls_of(layer, *inputs):
    """The calls of a model with one layer."""
    made = [keras.Input(x.shape[1:]) for x in inputs]
    model = keras.Model(made, layer(made if len(made) > 1 else made[0]))
    return model, record_calls(model, list(inputs), "test", False).inmost


def distinct(shape, seed=0):
    """Numbers that differ by far more than rounding, of both signs, none near zero."""
    count = int(np.prod(shape))
    values = np.random.default_rng(seed).permutation(count) - count / 2 + 0.25
    return (values / count).reshape(shape).astype("float32")


MAXIMA = {
    "1D": (layers.MaxPooling1D(2), (1, 8, 3), [(0, 2, 1), (0, 3, 1)]),
    "2D": (layers.MaxPooling2D(2), (1, 8, 6, 3), [(0, 4, 2, 1), (0, 5, 3, 1)]),
    "2D, same": (
        layers.MaxPooling2D(3, padding="same"),
        (1, 8, 7, 2),
        [(0, 3, 3, 1), (0, 5, 4, 1), (0, 4, 4, 1)],
    ),
    "overlapping": (
        layers.MaxPooling2D(3, strides=1),
        (1, 6, 6, 1),
        [(0, 2, 2, 0), (0, 3, 3, 0)],
    ),
    "channels first": (
        layers.MaxPooling2D(2, data_format="channels_first"),
        (1, 3, 8, 6),
        [(0, 1, 4, 2), (0, 1, 5, 3)],
    ),
    "3D": (layers.MaxPooling3D(2), (1, 4, 4, 4, 2), [(0, 2, 0, 0, 1), (0, 3, 1, 1, 1)]),
    "global": (layers.GlobalMaxPooling2D(), (1, 5, 5, 2), [(0, 1, 4, 0), (0, 4, 4, 0)]),
    "adaptive": (layers.AdaptiveMaxPooling2D(2), (1, 6, 6, 2), [(0, 3, 4, 0), (0, 5, 3, 0)]),
}


@pytest.mark.parametrize("apart", [0.0, 0.25], ids=["equal", "a quarter of a rounding apart"])
@pytest.mark.parametrize("name", MAXIMA)
def test_the_numbers_of_a_window_that_tie(name, apart):
    layer, shape, tied = MAXIMA[name]
    x = distinct(shape)
    for i, place in enumerate(tied):
        x[place] = 1 + i * apart * ROUNDING
    _, (call,) = calls_of(layer, x)
    (found,) = undecided(call)
    assert {tuple(map(int, place)) for place in np.argwhere(found.where)} == set(tied)
    x[tied[0]] -= 3 * ROUNDING
    x[tied[-1]] += 3 * ROUNDING
    if len(tied) == 2:  # further apart than rounding
        assert undecided(calls_of(layer, x)[1][0]) == []


@pytest.mark.parametrize("kind", [layers.Maximum, layers.Minimum])
def test_the_larger_of_two_branches(kind):
    a, b = distinct((1, 4, 4, 2)), distinct((1, 4, 4, 2), seed=1) + 0.001
    b[0, 2, 3, 1] = a[0, 2, 3, 1]
    _, (call,) = calls_of(kind(), a, b)
    expected = np.abs(a - b) < ROUNDING
    assert expected.sum() >= 1
    for found in undecided(call):
        np.testing.assert_array_equal(found.where, expected)
    assert len(undecided(call)) == 2


@pytest.mark.parametrize(
    "layer",
    [
        layers.ReLU(),
        layers.ReLU(negative_slope=0.1),
        layers.LeakyReLU(),
        layers.PReLU(),
        layers.Activation("relu"),
        layers.Activation("relu6"),
        layers.Activation("selu"),
    ],
    ids=["relu", "slope", "leaky", "prelu", "activation", "relu6", "selu"],
)
def test_the_kink_of_an_activation(layer):
    x = distinct((1, 4, 4, 2))
    x[0, 1, 2, 0], x[0, 3, 3, 1] = 1e-7, -1e-7
    _, (call,) = calls_of(layer, x)
    (found,) = undecided(call)
    assert np.argwhere(found.where).tolist() == [[0, 1, 2, 0], [0, 3, 3, 1]]


@pytest.mark.parametrize("size", [1, 3])
def test_the_kink_inside_a_layer(size):
    layer = layers.Conv2D(3, size, padding="same", activation="relu")
    x = distinct((1, 5, 5, 2))
    model, _ = calls_of(layer, x)
    kernel = layer.kernel.numpy()
    window = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))[0, 2:5, 3:6] if size == 3 else x[0, 2, 3]
    layer.bias.assign([0.0, -(np.float64(window) * kernel[..., 1].squeeze()).sum(), 0.0])
    (call,) = record_calls(model, x, "test", False).inmost
    (found,) = undecided(call)
    assert found.which == BEFORE_ACTIVATION
    assert [0, 2, 3, 1] in np.argwhere(found.where).tolist() and found.where.sum() < 4


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Dense(3, activation="tanh"),
        layers.Conv2D(3, 3),
        layers.Conv2D(3, 3, activation="gelu"),
        layers.AveragePooling2D(2),
        layers.GlobalAveragePooling2D(),
        layers.BatchNormalization(),
        layers.LayerNormalization(),
        layers.Softmax(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.UpSampling2D(2),
    ],
    ids=lambda layer: f"{type(layer).__name__} {getattr(layer, 'activation', None) is not None}",
)
def test_smooth_layers_have_none(layer):
    x = distinct((1, 6, 6, 2))
    x[0, :3] = x[0, 3, 3, 0]
    x[0, 4, 4] = 0
    assert undecided(calls_of(layer, x)[1][0]) == []


def test_what_depends_on_a_tie_is_reached():
    """The same as what changes when the other number of the window wins."""
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, padding="same", activation="relu", name="first")(inputs)
    y = layers.Conv2D(2, 3, padding="same", name="second")(x)
    y = layers.MaxPooling2D(2, name="pool")(y)
    z = layers.MaxPooling2D(2, name="other")(x)
    joined = layers.Add(name="sum")([y, z])
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(joined)))
    drawn = distinct((1, 8, 8, 1)) + 0.2
    where = np.zeros((1, 8, 8, 2), bool)
    where[0, 2:4, 5, 1] = True
    masks, to_input = reached(model, drawn, {("pool", 0): where})
    np.testing.assert_array_equal(masks["second"], where)
    assert not masks["pool"].any() and not masks["other"].any() and not masks["sum"].any()
    active = record_calls(model, drawn, "test", False).call_of("first").outputs[0].numpy() > 0
    box = np.zeros((1, 8, 8, 2), bool)
    box[0, 1:5, 4:7] = True
    np.testing.assert_array_equal(masks["first"], box)
    box[0, 0:6, 3:8] = True
    assert to_input.any() and not to_input[~box[..., :1]].any()
    assert to_input.sum() <= 9 * (active & masks["first"]).sum()
