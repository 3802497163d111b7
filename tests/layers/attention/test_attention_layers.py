"""Attention layers against plain loops and derivatives in float64, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import layers, ops
from minicnn.layers.attention.multi_head_attention import attention_equations
from minicnn.testing import check_gradients, check_layer

Q, V, K = (2, 3, 4), (2, 5, 3), (2, 5, 4)


def draw(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (layers.Attention, {}),
        (layers.Attention, {"use_scale": True, "score_mode": "concat"}),
        (layers.AdditiveAttention, {}),
    ],
)
def test_gradients_of_lists(kind, settings):
    layer = kind(**settings, dtype="float64")
    layer.build([Q, V, K])
    mask = [None, np.array([[1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], bool)]
    call = {"mask": mask, "use_causal_mask": True, "return_attention_scores": True}
    arrays = [draw(shape, i) for i, shape in enumerate((Q, V, K))]
    check_gradients(lambda q, v, k: layer([q, v, k], **call), *arrays)


@pytest.mark.parametrize("scores", [False, True])
def test_gradients_of_heads(scores):
    layer = layers.MultiHeadAttention(
        2, 3, value_dim=2, use_gate=True, sliding_window=3, output_shape=(2, 3), dtype="float64"
    )
    arrays = [draw(shape, i) for i, shape in enumerate((Q, V, K))]
    check_gradients(lambda q, v, k: layer(q, v, k, return_attention_scores=scores), *arrays)


def test_gradients_to_the_weights_of_heads():
    x = draw(Q)

    class Itself(layers.Layer):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.attention = layers.MultiHeadAttention(2, 3, use_gate=True, dtype=self.dtype_policy)

        def call(self, inputs):
            return self.attention(inputs, inputs, use_causal_mask=True)

    check_gradients(Itself(), x)


def loop(q, v, k, heads, scale, mask):
    """Attention of several heads, number by number."""
    y, weights = (
        np.zeros((*q.shape[:3], v.shape[-1])),
        np.zeros((len(q), heads, q.shape[1], k.shape[1])),
    )
    for b, h, t in np.ndindex(len(q), heads, q.shape[1]):
        scores = [scale * q[b, t, h] @ k[b, s, h] for s in range(k.shape[1])]
        e = [np.exp(score) * mask[b, t, s] for s, score in enumerate(scores)]
        weights[b, h, t] = np.array(e) / sum(e)
        y[b, t, h] = sum(w * v[b, s, h] for s, w in enumerate(weights[b, h, t]))
    return y, weights


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_heads_are_those_of_plain_loops(scores, causal):
    layer = layers.MultiHeadAttention(3, 2, value_dim=4, sliding_window=4, dtype="float64")
    q, v, k = (draw(shape, i) for i, shape in enumerate(((2, 6, 5), (2, 7, 3), (2, 7, 2))))
    layer.build(q.shape, v.shape, k.shape)
    layer.set_weights([draw(w.shape, 9 + i) for i, w in enumerate(layer.weights)])
    wq, bq, wk, bk, wv, bv, wo, bo = layer.get_weights()
    given = np.random.default_rng(5).random((2, 6, 7)) > 0.3
    near = np.abs(np.subtract.outer(np.arange(6), np.arange(7))) < 4
    before = np.subtract.outer(np.arange(6), np.arange(7)) >= 0 if causal else True
    given |= np.subtract.outer(np.arange(6), np.arange(7)) == 0
    heads, weights = loop(
        np.einsum("bti,ihd->bthd", q, wq) + bq,
        np.einsum("bti,ihd->bthd", v, wv) + bv,
        np.einsum("bti,ihd->bthd", k, wk) + bk,
        3,
        2**-0.5,
        given & near & before,
    )
    found = layer(
        q, v, k, attention_mask=given, use_causal_mask=causal, return_attention_scores=scores
    )
    y = found[0] if scores else found
    np.testing.assert_allclose(y, np.einsum("bthd,hdo->bto", heads, wo) + bo, atol=1e-12)
    if scores:
        np.testing.assert_allclose(found[1], weights, atol=1e-12)


def test_equations():
    assert attention_equations(5, (2,)) == ("abfde,abcde->abdcf", "abdcf,abfde->abcde")
    assert attention_equations(5, (1, 2)) == ("afgde,abcde->adbcfg", "adbcfg,afgde->abcde")


def test_dropout_is_of_the_weights_and_in_training_only():
    query, value = np.ones((1, 1, 1), "f"), np.ones((1, 4000, 1), "f")
    for layer in (layers.Attention(dropout=0.25, seed=1), layers.AdditiveAttention(dropout=0.25)):
        y, weights = layer([query, value], training=True, return_attention_scores=True)
        dropped = np.mean(weights.numpy() == 0)
        assert 0.2 < dropped < 0.3
        np.testing.assert_allclose(y.numpy().item(), (1 - dropped) / 0.75, rtol=1e-4)
        assert layer([query, value]).numpy().item() == pytest.approx(1)


def test_heads_drop_weights_in_training_only():
    layer = layers.MultiHeadAttention(1, 1, dropout=0.25, use_bias=False, seed=1)
    query, value = np.ones((1, 1, 1), "f"), np.ones((1, 4000, 1), "f")
    layer.build(query.shape, value.shape)
    layer.set_weights([np.ones_like(w) for w in layer.get_weights()])
    y = layer(query, value, training=True).numpy().item()
    assert 0.9 < y < 1.1
    assert y != 1
    assert layer(query, value).numpy().item() == pytest.approx(1)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(policy):
    x = draw((2, 5, 8), 3).astype("float32")
    mask = [None, np.array([[1, 0, 1, 1, 0]] * 2, bool)]
    exact, half = (layers.Attention(use_scale=True, dtype=p) for p in ("float32", policy))
    np.testing.assert_allclose(
        ops.cast(half([x, x], mask=mask), "float32"), exact([x, x], mask=mask), atol=0.1
    )
    for scores in (False, True):
        exact, half = (layers.MultiHeadAttention(2, 4, dtype=p) for p in ("float32", policy))
        exact.build(x.shape, x.shape)
        half.build(x.shape, x.shape)
        half.set_weights(exact.get_weights())
        call = {"value_mask": mask[1], "return_attention_scores": scores}
        pair = [minicnn.tree.flatten(layer(x, x, **call)) for layer in (exact, half)]
        for a, b in zip(*pair, strict=True):
            assert b.dtype == policy.removeprefix("mixed_")
            np.testing.assert_allclose(ops.cast(b, "float32"), a, atol=0.1)


def test_layers_of_lists_keep_what_a_layer_must():
    for kind in (layers.Attention, layers.AdditiveAttention):
        check_layer(kind, {"use_scale": True}, [(2, 3, 4), (2, 5, 4)])


def test_each_projection_has_other_numbers_unless_seeded():
    layer = layers.MultiHeadAttention(2, 3)
    layer.build(Q, Q)
    query, _, key, *_ = layer.get_weights()
    assert np.abs(query - key).max() > 0.01
    assert layer.query_dense.kernel is layer.weights[0]
    assert [d.name for d in (layer.key_dense, layer.value_dense, layer.output_dense)] == [
        "key",
        "value",
        "attention_output",
    ]


def test_penalties_are_those_of_each_projection():
    layer = layers.MultiHeadAttention(
        2, 3, kernel_regularizer="l2", activity_regularizer="l1", kernel_constraint="unit_norm"
    )
    layer(draw(Q), draw(Q))
    assert len(layer.losses) == 8
    again = layers.MultiHeadAttention.from_config(layer.get_config())
    again(draw(Q), draw(Q))
    assert len(again.losses) == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_heads": 0}, "`num_heads`.*positive integer"),
        ({"key_dim": 2.0}, "`key_dim`.*positive integer"),
        ({"value_dim": -1}, "`value_dim`.*positive integer or `None`"),
        ({"sliding_window": 0}, "`sliding_window`.*positive integer or `None`"),
        ({"output_shape": 8.0}, "Invalid `output_shape`"),
        ({"attention_axes": "1"}, "`attention_axes` must be an int, list, or tuple"),
        ({"flash_attention": True}, "needs other hardware"),
    ],
)
def test_wrong_settings_of_heads(settings, message):
    with pytest.raises(ValueError, match=message):
        layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 2, **settings})


@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (Q, None, "must be called on a list"),
        ([Q], None, "length 2 or 3"),
        ([Q, K], Q, "mask must be a list"),
        ([Q, K], [None], "mask list of length 2 or 3"),
    ],
)
def test_wrong_inputs_of_lists(inputs, mask, message):
    inputs, mask = (
        [draw(x) for x in given] if isinstance(given, list) and given[0] else given
        for given in (inputs, mask)
    )
    inputs = draw(inputs) if isinstance(inputs, tuple) else inputs
    mask = draw(mask) if isinstance(mask, tuple) else mask
    for layer in (layers.Attention(), layers.AdditiveAttention()):
        with pytest.raises(ValueError, match=message):
            layer(inputs, mask=mask)


def test_wrong_words_and_shapes():
    with pytest.raises(ValueError, match="score_mode"):
        layers.Attention(score_mode="product")
    with pytest.raises(ValueError, match="must be equal"):
        layers.MultiHeadAttention(2, 2)(draw(Q), draw(V), draw((2, 4, 3)))


def test_a_subclass_may_replace_the_attention():
    class Means(layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, *args):
            self.seen = attention_mask
            mean = ops.mean(value, axis=1, keepdims=True)
            return ops.broadcast_to(mean, query.shape), None

    layer = Means(2, 3)
    assert layer(draw(Q), draw(K), use_causal_mask=True).shape == Q
    assert layer.seen.shape == (1, 3, 5)
