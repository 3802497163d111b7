"""`explain_output`: its sums give the number that the layer returned, for every layer it knows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers
from minicnn.analysis import activations, explain_output
from minicnn.analysis.explanations.output_rules import OUTPUT_RULES
from tests.analysis.drawn_layers import DRAWN, ELEMENTWISE, MERGING, MOVING, filled


def check(found):
    sizes = [abs(terms.products).sum() for terms in found.terms] + [abs(found.value), 1.0]
    sizes += [abs(step.value) for step in found.steps]
    assert found.result == pytest.approx(found.value, rel=3e-6, abs=2e-6 * max(sizes))


@given(DRAWN, st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=150)
def test_the_sums_give_the_layers_output(drawn, training, seed):
    make, shapes = drawn
    layer = make()
    random = np.random.default_rng(seed)
    x = filled(layer, shapes, random)
    shape = tuple(layer(x).shape)
    sample, *index = (int(random.integers(n)) for n in shape)
    found = explain_output(layer, x, index=index, sample=sample, training=training)
    assert found.index == tuple(index)
    check(found)
    if not training:
        assert found.value == layer(x).numpy()[(sample, *index)]
    _check_places(found, x if isinstance(x, list) else [x], sample)


def _check_places(found, inputs, sample):
    """The first factor of each product stands in the input where its place says."""
    for terms in found.terms:
        if terms.places is None:
            continue
        values = next(iter(terms.factors.values()))
        inside = (terms.places >= 0).all(-1)
        assert (values[~inside] == 0).all()
        taken = [
            x[(sample, *terms.places[inside].T)]
            for x in inputs
            if terms.places.shape[-1] == x.ndim - 1
        ]
        assert any(np.array_equal(values[inside], t) for t in taken)


def test_every_layer_of_the_table_is_drawn():
    random = np.random.default_rng(0)
    drawn = [*ELEMENTWISE, *MOVING, *MERGING]
    known = {type(make()) for make in drawn}
    names = {
        *("Conv", "Pooling", "Normalization", "Embedding"),
        *("GaussianNoise", "Masking", "CenterCrop", "RepeatVector", "ActivityRegularization"),
        *("SimpleRNN", "LSTM", "GRU", "AlphaDropout"),  # in tests of their own
    }
    for kinds, _ in OUTPUT_RULES:
        for kind in kinds if isinstance(kinds, tuple) else [kinds]:
            seen = any(issubclass(k, kind) for k in known)
            assert seen or any(name in kind.__name__ for name in names), kind
    for make, shape in (
        (lambda: layers.RepeatVector(3), (2, 4)),
        (lambda: layers.CenterCrop(2, 2), (2, 4, 4, 1)),
        (lambda: layers.ActivityRegularization(0.1), (2, 4)),
        (lambda: layers.Masking(), (2, 4, 3)),
        (lambda: layers.GaussianNoise(0.5), (2, 4)),
    ):
        layer = make()
        x = filled(layer, [shape], random)
        shape = layer(x).shape
        check(explain_output(layer, x, index=[n - 1 for n in shape[1:]], sample=1))


def test_embedding():
    layer = layers.Embedding(5, 3)
    found = explain_output(layer, np.array([[1, 4, 2]]), index=(1, 2))
    assert found.result == found.value == layer.embeddings.numpy()[4, 2]
    assert found.terms[0].places.tolist() == [[1]]


def test_a_window_of_a_convolution_by_hand():
    layer = layers.Conv2D(1, 3, padding="same", strides=2, activation="relu")
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    layer(x)
    layer.set_weights([np.ones((3, 3, 1, 1)), [0.5]])
    found = explain_output(layer, x, index=(1, 1, 0))
    (terms,) = found.terms
    # rows and columns 2 to 4, of which 4 is padding
    assert terms.factors["input"][..., 0].tolist() == [[10, 11, 0], [14, 15, 0], [0, 0, 0]]
    assert terms.places[0, 0, 0].tolist() == [2, 2, 0]
    assert terms.places[2, 0, 0].tolist() == [-1, 2, 0]
    assert [step.value for step in found.steps] == [50.0, 50.5, 50.5]


def test_the_winner_of_a_pooling():
    x = np.array([[1, 2, 3, 0], [4, 9, 5, 1]], "float32").reshape(1, 2, 4, 1)
    found = explain_output(layers.MaxPooling2D(2), x, index=(0, 0, 0))
    (terms,) = found.terms
    assert terms.places[terms.chosen].tolist() == [1, 1, 0]
    assert found.value == found.result == terms.total == 9


def test_softmax_shows_exponentials_and_their_sum():
    x = np.log(np.array([[1.0, 2.0, 5.0]], "float32"))
    found = explain_output(layers.Softmax(), x, index=1)
    assert [s.name for s in found.steps][-2:] == ["sum of all", "softmax"]
    assert found.result == pytest.approx(2 / 8, rel=1e-6)
    np.testing.assert_allclose(found.terms[1].products, [0.2, 0.4, 1.0], rtol=1e-6)


class OwnDense(layers.Dense):
    """Like its base class."""


class Doubled(layers.Dense):
    def call(self, x):
        return 2 * super().call(x)


def network():
    inner = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.Conv2D(3, 3, padding="same", activation="relu", name="c")],
        name="inner",
    )
    x = inputs = keras.Input((6, 6, 3))
    y = inner(x) + x
    y = keras.ops.relu(layers.Add(name="sum")([inner(y), y]))
    y = layers.GlobalAveragePooling2D(name="mean")(y)
    shared = OwnDense(3, activation="tanh", name="shared")
    y = Doubled(2, name="doubled")(shared(shared(y)))
    return keras.Model(inputs, y)


def test_branches_shared_layers_nested_models_and_operations():
    random = np.random.default_rng(4)
    model, x = network(), random.normal(size=(2, 6, 6, 3)).astype("float32")
    values = activations(model, x)
    sources = {}
    for name in ["inner/c", "add", "inner#2/c", "sum", "relu", "mean", "shared", "shared#2"]:
        shape = values[name].shape
        index = [n // 2 for n in shape[1:]]
        found = explain_output(model, x, name, index, sample=1)
        assert found.value == values[name][(1, *index)]
        check(found)
        sources[name] = [terms.source for terms in found.terms]
    assert sources["inner/c"] == ["input"]
    assert sources["add"] == ["inner/c", "input"]
    assert sources["inner#2/c"] == ["add"]
    assert sources["shared#2"] == ["shared"]
    assert (
        explain_output(model, x, "shared", 0).value != explain_output(model, x, "shared#2", 0).value
    )


def test_what_has_no_explanation_says_so():
    model, x = network(), np.ones((1, 6, 6, 3), "float32")
    with pytest.raises(ValueError, match="no explanation for 'doubled' of type Doubled"):
        explain_output(model, x, "doubled", 0)
    with pytest.raises(ValueError, match="choose one of: inner/c"):
        explain_output(model, x, "inner", (0, 0, 0))
    with pytest.raises(IndexError, match=r"no element at \(9,\)"):
        explain_output(model, x, "mean", 9)
    with pytest.raises(IndexError, match="has 1 positions"):
        explain_output(model, x, "mean", (1, 2))
    with pytest.raises(ValueError, match="No layer 'nothing'"):
        explain_output(model, x, "nothing", 0)


def test_the_model_stays_as_it_is():
    random = np.random.default_rng(1)
    layer = layers.BatchNormalization()
    x = filled(layer, [(4, 3)], random)
    before = [w.numpy().copy() for w in layer.weights]
    explain_output(layer, x, index=0, training=True)
    for w, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(w.numpy(), value)
    assert "call" not in vars(layer)
