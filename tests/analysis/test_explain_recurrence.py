"""`explain_output` for recurrent layers: the steps give the unit of the step."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import minicnn as keras
from minicnn.analysis import explain_output

L = keras.layers
SETTINGS = {
    "simple": (L.SimpleRNN, {}),
    "simple relu, without a bias": (L.SimpleRNN, {"activation": "relu", "use_bias": False}),
    "simple softmax": (L.SimpleRNN, {"activation": "softmax"}),
    "lstm": (L.LSTM, {}),
    "lstm hard": (L.LSTM, {"recurrent_activation": "hard_sigmoid", "activation": "elu"}),
    "gru": (L.GRU, {}),
    "gru, reset before": (L.GRU, {"reset_after": False}),
    "gru without a bias": (L.GRU, {"use_bias": False}),
}
DRAWS = np.random.default_rng(8)


def model_of(layer, shape):
    model = keras.Sequential([keras.Input(batch_shape=shape), layer])
    for w in layer.trainable_weights:
        w.assign(DRAWS.standard_normal(w.shape))
    return model


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_last_line_is_the_output(name, sequences, backwards):
    make, settings = SETTINGS[name]
    layer = make(3, return_sequences=sequences, go_backwards=backwards, **settings)
    model = model_of(layer, (2, 4, 2))
    x = DRAWS.standard_normal((2, 4, 2)).astype("float32")
    y = layer(x).numpy()
    for sample, *index in np.ndindex(*y.shape):
        found = explain_output(model, x, layer, index=index, sample=sample)
        assert_allclose(found.result, y[(sample, *index)], rtol=1e-4, atol=1e-5)
        step = index[0] if sequences else 3
        now = 3 - step if backwards else step
        for terms in found.terms[::2]:
            assert terms.places[:, 0].tolist() == [now, now]
            assert_allclose(terms.factors["input"], x[sample, now])


def test_the_products_of_a_simple_layer_make_its_sum():
    layer = L.SimpleRNN(2, activation="linear")
    found = explain_output(
        model_of(layer, (1, 2, 3)), DRAWS.standard_normal((1, 2, 3)), layer, index=1
    )
    bias = float(layer.cell.bias.numpy()[1])
    assert_allclose(sum(terms.total for terms in found.terms) + bias, found.value, rtol=1e-4)


def test_what_is_not_explained_is_said():
    x = np.ones((1, 3, 2), "float32")
    layer = L.LSTM(2, stateful=True)
    with pytest.raises(ValueError, match=r"no explanation for .* states"):
        explain_output(model_of(layer, (1, 3, 2)), x, layer, index=0)
    model = keras.Sequential([keras.Input((3, 2)), L.Masking(1.0), L.GRU(2)])
    with pytest.raises(ValueError, match="with a mask"):
        explain_output(model, x, model.layers[-1], index=0)
    layer = L.GRU(2, dropout=0.5)
    dropped = model_of(layer, (1, 3, 2))
    assert explain_output(dropped, x, layer, index=0).terms
    with pytest.raises(ValueError, match="dropout"):
        explain_output(dropped, x, layer, index=0, training=True)
