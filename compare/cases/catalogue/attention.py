"""Cases of layers of attention, and of the layers that they are made of."""

from __future__ import annotations

from compare.cases.case import LibraryObject
from compare.cases.catalogue.layers import IMAGE, LINE, layer
from compare.cases.catalogue.marks import with_constant_part
from compare.cases.values import Values, apart, flags, truth, within

QUERY, VALUE, KEY = (2, 3, 4), (2, 5, 3), (2, 5, 4)
QUERIES = flags(2, 3)
VALUES = truth([[True, False, True, True, False], [False, True, True, True, True]], 2, 5)
PAIRS = truth(
    [[[True, False, True, True, True]] * 2 + [[False, True, False, True, True]]] * 2, 2, 3, 5
)
SCORES = {"return_attention_scores": True}
CAUSAL = {"use_causal_mask": True}
MASK = {"mask": [QUERIES, VALUES]}
COUNTING = {"value_mask": VALUES}
WITH_FIRST = {"mask": [QUERIES, truth([[True, False, True, True, False]] * 2, 2, 5)]}
# Without a penalty the gradient to the bias of keys would be zero, as it moves all scores alike.
HEADS = {
    "num_heads": 2,
    "key_dim": 3,
    "bias_regularizer": LibraryObject("regularizers.L2", {"l2": 0.0625}),
}
RATE = {"dropout": 0.3}
BINS = {"bin_boundaries": [0.0, 1.0, 2.0]}
DIVIDED = "the divided kernel replaces the kernel before the gradient is taken"
LISTS = ("Attention", "AdditiveAttention")


def around(name: str, **settings: object) -> dict:
    """The settings of a layer that contains another."""
    return {"layer": LibraryObject(f"layers.{name}", {"name": "inner", **settings})}


def steps(*shape: int) -> Values:
    """Numbers for a function that is constant between its steps."""
    return within(-1.0, 3.0, *shape)._replace(fixed=True)


CASES = [
    layer("EinsumDense", LINE, equation="abc,cd->abd", output_shape=(7, 5), bias_axes="d"),
    layer("EinsumDense", LINE, equation="abc,cde->aebd", output_shape=(3, 7, 2), bias_axes="eb"),
    layer("EinsumDense", LINE, equation="...x,xy->...y", output_shape=5, activation="tanh"),
    layer("EinsumDense", IMAGE, equation="ab...,bc->ac...", output_shape=(3,), bias_axes="c"),
    layer("EinsumDense", LINE, equation="abc,bcd->ad", output_shape=5, bias_axes="d"),
    *(layer(name, QUERY, KEY) for name in LISTS),
    *(layer(name, QUERY, VALUE, KEY, call=MASK | SCORES) for name in LISTS),
    *(layer(name, QUERY, VALUE, KEY, call=CAUSAL | SCORES, **RATE) for name in LISTS),
    *(layer(name, QUERY, VALUE, KEY, call=WITH_FIRST | CAUSAL) for name in LISTS),
    layer("Attention", QUERY, VALUE, KEY, call=MASK, score_mode="concat", use_scale=True),
    layer("Attention", apart(2, 3, 2, 4), apart(2, 3, 5, 4), use_scale=True),
    layer("MultiHeadAttention", QUERY, VALUE, **HEADS),
    layer("MultiHeadAttention", QUERY, VALUE, KEY, call=SCORES, **HEADS),
    layer("MultiHeadAttention", QUERY, VALUE, KEY, call=CAUSAL, use_gate=True, **HEADS),
    layer(
        "MultiHeadAttention", QUERY, VALUE, call={"value_mask": VALUES} | SCORES, **RATE, **HEADS
    ),
    layer("MultiHeadAttention", QUERY, VALUE, call={"attention_mask": PAIRS} | SCORES, **HEADS),
    layer("MultiHeadAttention", QUERY, VALUE, call=COUNTING, **HEADS),
    layer("MultiHeadAttention", QUERY, VALUE, KEY, call={"key_mask": VALUES} | SCORES, **HEADS),
    layer("MultiHeadAttention", QUERY, VALUE, call={"query_mask": QUERIES}, **HEADS),
    layer("MultiHeadAttention", QUERY, QUERY, sliding_window=2, **HEADS),
    layer("MultiHeadAttention", (2, 3, 4, 2), (2, 3, 5, 3), attention_axes=2, call=SCORES, **HEADS),
    *(
        with_constant_part(layer("SpectralNormalization", shape, **more, **inside), DIVIDED)
        for shape, more, inside in (
            (LINE, {}, around("Dense", units=5)),
            (IMAGE, {}, around("Conv2D", filters=3, kernel_size=2)),
            (IMAGE, {"power_iterations": 3}, around("Dense", units=2)),
        )
    ),
    *(
        layer("Discretization", steps(2, 7), output_mode=mode, **BINS)
        for mode in ("int", "one_hot", "multi_hot", "count")
    ),
    layer("Discretization", steps(*LINE), bin_boundaries=[0.5], output_mode="count"),
]
