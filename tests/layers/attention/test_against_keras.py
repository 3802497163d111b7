"""Attention layers beside real Keras: outputs, weights, gradients, masks, configs and files."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, Tensor

Q, V, K = (3, 4, 6), (3, 5, 2), (3, 5, 6)
VALUES = np.array([[1, 1, 0, 1, 1], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
QUERIES = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1]], bool)
PAIRS = np.random.default_rng(3).random((3, 4, 5)) > 0.4
PAIRS[..., 1] = True
HEADS = {"num_heads": 3, "key_dim": 2}
SCORES = {"return_attention_scores": True}
CAUSAL = {"use_causal_mask": True}

# layer, settings, shapes, arguments of the call
LISTS = {
    "products": ("Attention", {}, (Q, K), {}),
    "products with keys": ("Attention", {"use_scale": True}, (Q, V, K), SCORES),
    "causal": ("Attention", {}, (Q, V, K), CAUSAL),
    "sums": ("Attention", {"score_mode": "concat"}, (Q, V, K), {}),
    "scaled sums": ("Attention", {"score_mode": "concat", "use_scale": True}, (Q, K), CAUSAL),
    "masked": ("Attention", {}, (Q, V, K), {"mask": [QUERIES, VALUES], **SCORES}),
    "masked and causal": ("Attention", {}, (Q, K), {"mask": [QUERIES, VALUES | True], **CAUSAL}),
    "masked values": ("Attention", {}, (Q, K), {"mask": [None, VALUES]}),
    "additive": ("AdditiveAttention", {}, (Q, V, K), {"mask": [QUERIES, VALUES], **SCORES}),
    "additive without scale": ("AdditiveAttention", {"use_scale": False}, (Q, K), CAUSAL),
}
HEAD_CASES = {
    "heads": (HEADS, (Q, V), {}),
    "heads with keys": ({**HEADS, "value_dim": 5, "use_bias": False}, (Q, V, K), SCORES),
    "gate": ({**HEADS, "use_gate": True}, (Q, V, K), CAUSAL),
    "two output axes": ({**HEADS, "output_shape": (2, 7)}, (Q, V), {}),
    "one output axis": ({**HEADS, "output_shape": 5, "value_dim": 4}, (Q, V), CAUSAL | SCORES),
    "window": ({**HEADS, "sliding_window": 2}, (Q, Q), SCORES),
    "causal window": ({**HEADS, "sliding_window": 3}, (Q, V), CAUSAL),
    "pairs": (HEADS, (Q, V), {"attention_mask": PAIRS}),
    "pairs as numbers": (HEADS, (Q, V), {"attention_mask": PAIRS.astype("int32")}),
    "pairs of each head": (HEADS, (Q, V), {"attention_mask": PAIRS[:, None], **SCORES}),
    "masks of values and keys": (
        HEADS,
        (Q, V, K),
        {"value_mask": VALUES, "key_mask": VALUES[::-1] | VALUES, **SCORES},
    ),
    "queries without a value": (HEADS, (Q, V), {"value_mask": VALUES & False}),
    "queries without a weight": (HEADS, (Q, V), {"value_mask": VALUES & False, **SCORES}),
    "a mask of queries as argument": (HEADS, (Q, V), {"query_mask": QUERIES}),
    "all of three axes": (HEADS, ((2, 3, 4, 5), (2, 2, 3, 5)), {}),
    "rows": ({**HEADS, "attention_axes": 2}, ((2, 3, 4, 5), (2, 3, 6, 2)), SCORES),
    "columns": ({**HEADS, "attention_axes": [-3]}, ((2, 3, 4, 5), (2, 6, 4, 2)), {}),
}
CALLS = [
    *((name, "list", *case) for name, case in LISTS.items()),
    *((name, "heads", "MultiHeadAttention", *case) for name, case in HEAD_CASES.items()),
]


def draw(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def results(k, layer, how, arrays, call):
    """Outputs, and the gradients to the inputs and weights."""
    tensors = [k.ops.convert_to_tensor(x) for x in arrays]

    def outputs():
        y = layer(tensors, **call) if how == "list" else layer(*tensors, **call)
        return k.tree.flatten(y)

    if k is minicnn:
        with GradientTape() as tape:
            tape.watch(tensors)
            ys = outputs()
        cotangents = [Tensor(draw(y.shape, i)) for i, y in enumerate(ys)]
        found = tape.gradient(ys, [*tensors, *layer.trainable_weights], cotangents)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            ys = outputs()
        cotangents = [draw(y.shape, i) for i, y in enumerate(ys)]
        weights = [v.value for v in layer.trainable_weights]
        found = tape.gradient(ys, [*tensors, *weights], cotangents)
    return [np.asarray(x) for x in ys], [None if g is None else np.asarray(g) for g in found]


def pair(keras, name, settings, how, arrays):
    """The layer in both libraries, built and with the same weights."""
    shapes = [x.shape for x in arrays]
    layers = []
    for k in (minicnn, keras):
        layer = getattr(k.layers, name)(**settings, name="same")
        layer.build(shapes) if how == "list" else layer.build(*shapes)
        layers.append(layer)
    ours, theirs = layers
    assert [(w.path, tuple(w.shape)) for w in ours.weights] == [
        (w.path, tuple(w.shape)) for w in theirs.weights
    ]
    weights = [draw(w.shape, 7 + i) for i, w in enumerate(theirs.weights)]
    for layer in layers:
        layer.set_weights(weights)
    return ours, theirs


@pytest.mark.parametrize(
    ("how", "name", "settings", "shapes", "call"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS]
)
def test_layers_compute_as_in_keras(keras, how, name, settings, shapes, call):
    arrays = [draw(shape, 20 + i) for i, shape in enumerate(shapes)]
    ours, theirs = pair(keras, name, settings, how, arrays)
    found, expected = (
        results(k, layer, how, arrays, call) for k, layer in ((minicnn, ours), (keras, theirs))
    )
    # The gradient to the bias of keys is zero but for roundings, which are those of its terms.
    for several, right in zip(found, expected, strict=True):
        size = max(np.abs(b).max() for b in right if b is not None)
        for a, b in zip(several, right, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=0, atol=4e-6 * max(1, size))
    assert found[0][0].shape == tuple(
        ours.compute_output_shape(list(shapes))
        if how == "list"
        else ours.compute_output_shape(*shapes)
    )
    assert ours.get_config() == _with_tuples(theirs.get_config())
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


def _with_tuples(config):
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}


@pytest.mark.parametrize("name", ["Attention", "MultiHeadAttention"])
def test_symbolic_calls_have_the_shapes_of_results(name):
    k = minicnn
    query, value = k.Input(Q[1:]), k.Input(V[1:] if name != "Attention" else K[1:])
    if name == "Attention":
        drawn = k.layers.Attention()([query, value], return_attention_scores=True)
    else:
        drawn = k.layers.MultiHeadAttention(**HEADS)(query, value, return_attention_scores=True)
    model = k.Model([query, value], drawn)
    for y, made in zip(
        model([draw(Q, 0), draw(value.shape[1:], 1)[None].repeat(3, 0)]), drawn, strict=True
    ):
        assert tuple(y.shape)[1:] == tuple(made.shape)[1:]


def masked_network(k):
    """Layers of attention on masked inputs, with a mask or several behind them."""
    tokens = k.Input((5,), dtype="int32")
    x = k.layers.Embedding(9, 6, mask_zero=True)(tokens)
    y = k.layers.MultiHeadAttention(2, 3)(x, x)
    after_sum = k.layers.GlobalAveragePooling1D()(k.layers.Add()([x, y]))
    alone = k.layers.GlobalAveragePooling1D()(y)
    z = k.layers.Embedding(9, 6, mask_zero=True)(tokens)
    products = k.layers.GlobalAveragePooling1D()(k.layers.Attention()([z, z]))
    sums = k.layers.GlobalAveragePooling1D()(k.layers.AdditiveAttention()([z, z]))
    return k.Model(tokens, [after_sum, alone, products, sums])


def test_masks_go_through_models_as_in_keras(keras):
    tokens = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 0, 0], [1, 2, 3, 4, 5]])
    ours, theirs = masked_network(minicnn), masked_network(keras)
    weights = [draw(w.shape, i) for i, w in enumerate(theirs.get_weights())]
    for model in (ours, theirs):
        model.set_weights(weights)
    for a, b in zip(ours(tokens), theirs(tokens), strict=True):
        np.testing.assert_allclose(a, b, atol=3e-6)


def eager_masks(k, tokens, weights):
    """What two blocks compute outside of a drawn model, where masks go from call to call."""
    embedding, attention = (
        k.layers.Embedding(9, 6, mask_zero=True),
        k.layers.MultiHeadAttention(2, 3),
    )
    x = embedding(tokens)
    attention.build(x.shape, x.shape)
    for layer in (embedding, attention):
        layer.set_weights([weights(w.shape) for w in layer.get_weights()])
    x = embedding(tokens)
    y = attention(x, x)
    masks = [getattr(t, "_keras_mask", None) is not None for t in (x, y)]
    pooled = k.layers.GlobalAveragePooling1D()(k.layers.Add()([x, y]))
    again = attention(y, x)
    return masks, [np.asarray(t) for t in (y, pooled, again)]


def test_attention_takes_masks_off_as_in_keras(keras):
    tokens = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 0, 0], [1, 2, 3, 4, 5]])
    found, expected = (eager_masks(k, tokens, lambda s: draw(s, len(s))) for k in (minicnn, keras))
    assert found[0] == expected[0] == [False, True]
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, atol=5e-6)


def network(k):
    """A network with a layer of each kind."""
    x = k.Input((4, 6))
    y = k.layers.EinsumDense("abc,cd->abd", (4, 6), bias_axes="d", activation="relu")(x)
    y = k.layers.Attention(use_scale=True, dropout=0.1, seed=1)([y, x])
    y = k.layers.AdditiveAttention(dropout=0.1)([y, x])
    y = k.layers.MultiHeadAttention(2, 3, use_gate=True, dropout=0.1)(y, x)
    y = k.layers.SpectralNormalization(k.layers.Dense(4))(y)
    z = k.layers.Discretization([-0.5, 0.0, 0.5], output_mode="one_hot")(x)
    return k.Model(x, [y, z])


def test_files_cross_over(keras, tmp_path):
    x = draw((3, 4, 6), 0)
    for one, other in ((minicnn, keras), (keras, minicnn)):
        model = network(one)
        model.set_weights([draw(w.shape, i) for i, w in enumerate(model.get_weights())])
        expected = model.predict(x, verbose=0)
        model.save(tmp_path / "model.keras")
        again = other.models.load_model(tmp_path / "model.keras")
        model.save_weights(tmp_path / "w.weights.h5")
        fresh = network(other)
        fresh.load_weights(tmp_path / "w.weights.h5")
        for loaded in (again, fresh):
            for a, b in zip(loaded.predict(x, verbose=0), expected, strict=True):
                np.testing.assert_allclose(a, b, atol=3e-6)


def test_training_goes_as_in_keras(keras):
    x, y = draw((24, 5, 4), 0), draw((24, 2), 1)

    def train(k, weights=None):
        inputs = k.Input((5, 4))
        h = k.layers.MultiHeadAttention(2, 3)(inputs, inputs, use_causal_mask=True)
        h = k.layers.LayerNormalization()(inputs + h)
        h = k.layers.AdditiveAttention()([h, inputs])
        h = k.layers.SpectralNormalization(k.layers.Dense(6, activation="tanh"))(h)
        outputs = k.layers.EinsumDense("abc,bcd->ad", 2, bias_axes="d")(h)
        model = k.Model(inputs, outputs)
        if weights:
            model.set_weights(weights)
        first = model.get_weights()
        model.compile(k.optimizers.Adam(0.01), "mse")
        logs = model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0)
        return first, logs.history["loss"]

    weights, expected = train(keras)
    np.testing.assert_allclose(train(minicnn, weights)[1], expected, rtol=2e-5)
