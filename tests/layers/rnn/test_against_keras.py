"""Recurrent layers beside real Keras: outputs, states, gradients, configs and files."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, Tensor, layers

KINDS = {
    "SimpleRNN": {},
    "LSTM": {},
    "LSTM without forget bias": {"unit_forget_bias": False, "bias_initializer": "ones"},
    "LSTM by steps": {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
    "GRU": {},
    "GRU reset before": {"reset_after": False},
    "GRU by steps": {"activation": "linear"},
    "GRU without bias": {"use_bias": False},
}
FLAGS = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")


def both(keras, name, **settings):
    """The layer in both libraries."""
    name = name.partition(" ")[0]
    return getattr(layers, name)(**settings), getattr(keras.layers, name)(**settings)


def results(k, layer, x, cotangents, **call):
    """Outputs, and the gradients to the input and the weights."""
    tensor = k.ops.convert_to_tensor(x)
    call = {n: k.tree.map_structure(k.ops.convert_to_tensor, v) for n, v in call.items()}
    if k is minicnn:
        with GradientTape() as tape:
            tape.watch(tensor)
            outputs = k.tree.flatten(layer(tensor, **call))
        found = tape.gradient(outputs, [tensor, *layer.trainable_weights], cotangents(outputs))
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensor)
            outputs = k.tree.flatten(layer(tensor, **call))
        weights = [v.value for v in layer.trainable_weights]
        found = tape.gradient(outputs, [tensor, *weights], cotangents(outputs))
    return [np.asarray(a) for a in (*outputs, *found)]


def compare(keras, ours, theirs, x, **call):
    """Asserts that both layers, with the same weights, compute and differentiate alike."""
    ours.build(x.shape)
    theirs.build(x.shape)
    assert [(w.name, w.shape) for w in ours.weights] == [(w.name, w.shape) for w in theirs.weights]
    rng = np.random.default_rng(5)
    drawn = [rng.uniform(-1, 1, w.shape) for w in theirs.weights]
    ours.set_weights(drawn)
    theirs.set_weights(drawn)

    def cotangents(outputs):
        rng = np.random.default_rng(6)
        return [rng.standard_normal(y.shape).astype("float32") for y in outputs]

    found = results(minicnn, ours, x, lambda y: [Tensor(c) for c in cotangents(y)], **call)
    expected = results(keras, theirs, x, cotangents, **call)
    assert len(found) == len(expected)
    assert np.abs(expected[-1]).max() > 1e-3
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-6 * max(1, np.abs(b).max()))
    shape = minicnn.tree.flatten(ours.compute_output_shape(x.shape))
    assert shape == minicnn.tree.flatten(theirs.compute_output_shape(x.shape))


def draws(states, units, seed=0):
    """A sequence, a mask that leaves out the first step of a sample, and states."""
    rng = np.random.default_rng(seed)
    mask = rng.random((3, 5)) > 0.4
    mask[0] = False, False, True, False, True
    x, *first = (rng.standard_normal(s).astype("f") for s in ((3, 5, 4), *[(3, units)] * states))
    return x, mask, first


@pytest.mark.keras
@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_cells_compute_as_in_keras(keras, name, flagged):
    settings = {**KINDS[name], "units": 6, **(dict.fromkeys(FLAGS, True) if flagged else {})}
    x, mask, states = draws(2 if name.startswith("LSTM") else 1, 6)
    call = {"mask": mask, "initial_state": states} if flagged else {}
    compare(keras, *both(keras, name, **settings), x, **call)


@pytest.mark.keras
@pytest.mark.parametrize("name", ["LSTM", "GRU by steps"])
def test_masked_steps_keep_outputs_as_in_keras(keras, name):
    settings = {**KINDS[name], "units": 3, "return_sequences": True}
    x, mask, states = draws(2 if name.startswith("LSTM") else 1, 3)
    compare(keras, *both(keras, name, **settings), x, mask=mask, initial_state=states)


@pytest.mark.keras
@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
def test_both_directions_compute_as_in_keras(keras, mode):
    x, mask, _ = draws(2, 3)
    flags = {"return_sequences": mode != "sum", "return_state": mode in ("ave", None)}
    pair = [
        k.layers.Bidirectional(
            k.layers.SimpleRNN(3, **flags),
            merge_mode=mode,
            backward_layer=k.layers.GRU(3, go_backwards=True, **flags),
        )
        for k in (minicnn, keras)
    ]
    compare(keras, *pair, x, mask=mask)


@pytest.mark.keras
def test_each_direction_gets_its_half_of_the_states(keras):
    x, _, states = draws(2, 3)
    pair = [k.layers.Bidirectional(k.layers.LSTM(3)) for k in (minicnn, keras)]
    compare(keras, *pair, x, initial_state=[*states, *states[::-1]])


@pytest.mark.keras
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("settings", [{"strides": 2, "padding": "same"}, {"dilation_rate": 2}])
def test_convolutional_cells_compute_as_in_keras(keras, rank, settings):
    x = np.random.default_rng(0).standard_normal((2, 3, *(5, 4, 4)[:rank], 2)).astype("f")
    mask = np.array([[True, False, True], [False, True, True]])
    settings = {"filters": 3, "kernel_size": 2, "return_state": True, **settings}
    more = {"return_sequences": True, "go_backwards": True}
    compare(keras, *both(keras, f"ConvLSTM{rank}D", **settings | more), x, mask=mask)


def stacked(k):
    """A network with a layer of each kind."""
    cells = [k.layers.LSTMCell(3), k.layers.GRUCell(4), k.layers.SimpleRNNCell(5)]
    return k.Sequential(
        [
            k.Input((6,)),
            k.layers.Embedding(9, 4, mask_zero=True),
            k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True, dropout=0.2)),
            k.layers.RNN(cells, return_sequences=True),
            k.layers.TimeDistributed(k.layers.Dense(4, activation="relu")),
            k.layers.LSTM(5, recurrent_dropout=0.3, return_sequences=True),
            k.layers.Reshape((6, 5, 1)),
            k.layers.ConvLSTM1D(2, 3),
            k.layers.Flatten(),
            k.layers.Dense(2),
        ]
    )


@pytest.mark.keras
def test_files_cross_over(keras, tmp_path):
    x = np.random.default_rng(0).integers(0, 9, (4, 6))
    for one, other in ((minicnn, keras), (keras, minicnn)):
        model = stacked(one)
        expected = model.predict(x, verbose=0)
        model.save(tmp_path / "model.keras")
        again = other.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(again.predict(x, verbose=0), expected, atol=2e-6)
        model.save_weights(tmp_path / "w.weights.h5")
        fresh = stacked(other)
        fresh.load_weights(tmp_path / "w.weights.h5")
        np.testing.assert_allclose(fresh.predict(x, verbose=0), expected, atol=2e-6)


@pytest.mark.keras
def test_training_goes_as_in_keras(keras):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((32, 7, 3)).astype("f"), rng.standard_normal((32, 2)).astype("f")

    def train(k, weights=None):
        model = k.Sequential(
            [
                k.Input((7, 3)),
                k.layers.GRU(6, return_sequences=True),
                k.layers.Bidirectional(k.layers.LSTM(4)),
                k.layers.Dense(2),
            ]
        )
        if weights:
            model.set_weights(weights)
        first = model.get_weights()
        model.compile(k.optimizers.Adam(0.01), "mse")
        logs = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        return first, logs.history["loss"]

    weights, expected = train(keras)
    np.testing.assert_allclose(train(minicnn, weights)[1], expected, rtol=1e-5)


@pytest.mark.keras
def test_states_stay_between_batches_as_in_keras(keras):
    x = np.random.default_rng(0).standard_normal((4, 2, 5, 3)).astype("f")
    ours, theirs = both(keras, "LSTM", units=4, stateful=True, go_backwards=True)
    ours.build((2, 5, 3))
    theirs.build((2, 5, 3))
    ours.set_weights(theirs.get_weights())
    for batch in x[:3]:
        np.testing.assert_allclose(np.asarray(ours(batch)), np.asarray(theirs(batch)), atol=1e-6)
    for layer in (ours, theirs):
        layer.reset_state()
    np.testing.assert_allclose(np.asarray(ours(x[3])), np.asarray(theirs(x[3])), atol=1e-6)
    for a, b in zip(ours.states, theirs.states, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-6)
