"""Recurrent layers: states, dropout, masks, replayed training and errors."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import Input, Sequential, config, layers, ops, regularizers, tree
from minicnn.analysis import operations
from minicnn.testing import check_layer
from minicnn.utils import set_random_seed

SEQUENCES = np.random.default_rng(0).standard_normal((8, 5, 3)).astype("f")
KINDS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
CHECKED = {
    "SimpleRNN": ({"units": 3}, (2, 4, 3)),
    "LSTM": ({"units": 3, "return_sequences": True}, (2, 4, 3)),
    "GRU": ({"units": 3, "reset_after": False, "activation": "softplus"}, (2, 4, 3)),
    "RNN": ({"cell": [layers.GRUCell(2), layers.LSTMCell(3)]}, (2, 4, 3)),
    "Bidirectional": ({"layer": layers.LSTM(2)}, (2, 4, 3)),
    "TimeDistributed": ({"layer": layers.Dense(2)}, (2, 4, 3)),
    "ConvLSTM1D": ({"filters": 2, "kernel_size": 2}, (1, 3, 4, 2)),
}


@pytest.mark.parametrize("name", CHECKED)
def test_it_keeps_what_a_good_layer_keeps(name):
    settings, shape = CHECKED[name]
    check_layer(getattr(layers, name), settings, shape)


def trained(**compiled):
    set_random_seed(1)
    model = Sequential(
        [
            Input(batch_shape=(4, 5, 3)),
            layers.LSTM(5, stateful=True, return_sequences=True, dropout=0.2),
            layers.Bidirectional(layers.GRU(3, recurrent_dropout=0.2)),
            layers.Dense(2),
        ]
    )
    model.compile("adam", "mse", **compiled)
    logs = model.fit(
        SEQUENCES, SEQUENCES[:, 0, :2], batch_size=4, epochs=5, shuffle=False, verbose=0
    )
    return [logs.history["loss"], *model.get_weights(), *map(np.asarray, model.layers[0].states)]


def test_replayed_training_computes_the_same_states_and_masks(backend):
    for a, b in zip(trained(), trained(run_eagerly=True), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_in_two_batches_is_one_sequence(kind):
    layer = kind(4, stateful=True, return_sequences=True)
    whole = layer(SEQUENCES)
    layer.reset_states()
    parts = [layer(SEQUENCES[:, :2]), layer(SEQUENCES[:, 2:])]
    np.testing.assert_allclose(ops.concatenate(parts, 1).numpy(), whole.numpy(), atol=1e-6)
    assert len(layer.weights) == 3
    assert not layer.non_trainable_weights


@pytest.mark.parametrize("kind", KINDS)
def test_all_steps_drop_the_same_elements(kind):
    layer = kind(4, dropout=0.5, use_bias=False, return_sequences=True)
    ones = np.ones((6, 5, 40), "f")
    layer(ones)
    cell = layer.cell
    x, states = ops.convert_to_tensor(ones), layer.get_initial_state(6)
    mask = cell.get_dropout_mask(x[:, 0])
    found = layer.inner_loop(x, states, None, training=True)
    expected = layer(x * ops.expand_dims(mask, 1))
    np.testing.assert_allclose(found[1].numpy(), expected.numpy(), atol=1e-6)
    layer(ones, training=True)
    assert not cell._dropout_masks  # the next sequence gets others


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_of_a_users_own_is_used_as_it_is(kind):
    class Halved(kind(3).cell.__class__):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training=training)
            return output * 0.5, states

    layer = layers.RNN(Halved(3), return_sequences=True)
    y = layer(SEQUENCES)
    plain = kind(3, return_sequences=True)
    plain.build(SEQUENCES.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(y.numpy(), 0.5 * plain(SEQUENCES).numpy(), atol=1e-6)


def test_minimal_cells_need_no_more_than_call_and_state_size():
    class Sum:
        state_size = 3

        def call(self, inputs, states):
            return states[0] + inputs, states[0] + inputs

    y, state = layers.RNN(Sum(), return_sequences=True, return_state=True)(SEQUENCES)
    np.testing.assert_allclose(y.numpy(), SEQUENCES.cumsum(1), atol=1e-5)
    np.testing.assert_array_equal(state.numpy(), y.numpy()[:, -1])


def test_multiply_adds_are_those_of_the_products():
    model = Sequential(
        [
            Input((5, 6, 3)),
            layers.ConvLSTM1D(4, 3, return_sequences=True),
            layers.TimeDistributed(layers.Flatten()),
            layers.LSTM(7, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ]
    )
    counts = [row.multiply_adds for row in operations(model).layers]
    assert counts == [5 * 4 * 3 * (3 + 4) * 16, 0, 5 * (16 + 7) * 28, 5 * 7 * 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"initial_state": [np.zeros((8, 4))]}, r"initial state.*\(8, 4\), \(8, 4\)"),
        ({"initial_state": [np.zeros((8, 4)), np.zeros((7, 4))]}, r"got \[\(8, 4\), \(7, 4\)\]"),
        ({"mask": np.ones((8, 5, 3), bool)}, r"mask of shape \(batch, steps\).*\(8, 5, 3\)"),
        ({"mask": np.ones((8, 4), bool)}, r"mask of shape \(8, 5\).*\(8, 4\)"),
    ],
)
def test_states_and_masks_of_wrong_shapes_are_named(call, words):
    call = {name: tree.map_structure(ops.convert_to_tensor, x) for name, x in call.items()}
    with pytest.raises(ValueError, match=words) as error:
        layers.LSTM(4, name="memory")(SEQUENCES, **call)
    assert "memory" in str(error.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.LSTM(0), "`units`"),
        (lambda: layers.GRU(2, use_cudnn="yes"), "use_cudnn"),
        (lambda: layers.GRU(2, use_cudnn=True)(SEQUENCES), "no cuDNN"),
        (lambda: layers.RNN(object()), "`call` method"),
        (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="max"), "merge mode"),
        (lambda: layers.Bidirectional(layers.Dense), "layers.Layer"),
        (lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2), "strides > 1"),
        (lambda: layers.LSTM(2, stateful=True)(Input((5, 3))), "batch size must be static"),
        (lambda: layers.TimeDistributed(layers.Dense(2)).build((2, 3)), "at least 3 dimensions"),
    ],
)
def test_wrong_settings_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_stateful_layer_takes_batches_of_one_size(backend):
    layer = layers.LSTM(2, stateful=True)
    layer(SEQUENCES)
    with pytest.raises(ValueError, match="Expected batch size: 8"):
        layer(SEQUENCES[:3])
    assert config.backend() == backend


def test_a_simple_rnn_keeps_its_activity_regularizer():
    """Keras's loses it. The penalty is that of the output, a mean over the batch."""
    layer = layers.SimpleRNN(3, activity_regularizer=regularizers.L2(0.5))
    x = np.random.default_rng(0).normal(size=(4, 5, 2))
    y = np.asarray(layer(x), "float64")
    assert float(layer.losses[0]) == pytest.approx(0.5 * (y**2).sum() / 4, rel=1e-5)
    again = layers.SimpleRNN.from_config(layer.get_config())
    assert float(again.activity_regularizer.l2) == 0.5


def test_bidirectional_starts_from_given_weights():
    """Keras takes no notice of them."""
    random = np.random.default_rng(0)
    shapes = [(2, 3), (3, 3), (3,)] * 2
    weights = [random.normal(size=shape).astype("float32") for shape in shapes]
    layer = layers.Bidirectional(layers.SimpleRNN(3), weights=weights)
    layer.build((None, 5, 2))
    for variable, given in zip(layer.weights, weights, strict=True):
        np.testing.assert_array_equal(variable, given)
