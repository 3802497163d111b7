"""Combinations of the arguments of layers of attention, and of the layers in them."""

from __future__ import annotations

from compare.cases.case import Case
from compare.cases.catalogue.attention import DIVIDED, HEADS, SCORES, around, steps
from compare.cases.catalogue.combinations.layers import BIAS, SQUARES, combined, weight
from compare.cases.catalogue.marks import with_constant_part

SIDE = (2, 3, 3, 4)
PENALTY = {"activity_regularizer": [SQUARES]}
WITHOUT_FLAG = {name: values for name, values in BIAS.items() if name != "use_bias"}
FLAG = {name: values for name, values in BIAS.items() if name != "bias_regularizer"}  # in HEADS
PROJECTIONS = {
    **weight("kernel"),
    **FLAG,
    **PENALTY,
    "value_dim": [2],
    "dropout": [0.3],
    "output_shape": [5, (2, 3)],
    "attention_axes": [[2]],
    "sliding_window": [2],
    "use_gate": [True],
}

CASES: list[Case] = [
    *combined(
        "EinsumDense",
        SIDE,
        {
            **weight("kernel"),
            **WITHOUT_FLAG,
            **PENALTY,
            "activation": ["softplus"],
            "bias_axes": ["de", "be"],
        },
        dict.fromkeys(WITHOUT_FLAG, "bias_axes"),
        equation="abcd,dbe->adbe",
        output_shape=(4, 3, 5),
    ),
    *combined(
        "Attention",
        [SIDE[1:], SIDE[1:]],
        {"use_scale": [True], "score_mode": ["concat"], "dropout": [0.3], **PENALTY},
    ),
    *combined(
        "AdditiveAttention",
        [SIDE[1:], SIDE[1:]],
        {"use_scale": [False], "dropout": [0.3], **PENALTY},
    ),
    *combined(
        "MultiHeadAttention",
        [SIDE, SIDE],
        PROJECTIONS,
        {"sliding_window": "attention_axes"},  # Keras knows one axis of positions then
        call=SCORES,
        **HEADS,
    ),
    *(
        with_constant_part(case, DIVIDED)
        for case in combined(
            "SpectralNormalization",
            SIDE,
            {"power_iterations": [2], **PENALTY},
            **around("Dense", units=3),
        )
    ),
    *combined(
        "Discretization",
        steps(2, 4),
        {"bin_boundaries": [[0.0, 1.0]], "output_mode": ["one_hot", "count"]},
        {"output_mode": "bin_boundaries"},
    ),
]
