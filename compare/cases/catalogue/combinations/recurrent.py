"""Combinations of the arguments of recurrent layers."""

from __future__ import annotations

from compare.cases.case import Case, LibraryObject
from compare.cases.catalogue.combinations.layers import BIAS, SQUARES, combined, weight
from compare.cases.catalogue.recurrent import FORWARD, MASK, SEQUENCE, of
from compare.cases.left_out import is_left_out
from compare.cases.values import flags

FLAGS = {
    name: [True]
    for name in (
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
        "zero_output_for_mask",
    )
}
CELL = {
    "activation": ["softplus"],
    **weight("kernel"),
    **weight("recurrent", "glorot_normal"),
    **BIAS,
    "bias_initializer": [LibraryObject("initializers.Constant", {"value": 0.25})],
    "dropout": [0.3],
    "recurrent_dropout": [0.4],
}
GATED = {**CELL, "recurrent_activation": ["softsign"]}
CELLS = {
    "SimpleRNN": CELL,
    "LSTM": {**GATED, "unit_forget_bias": [False]},
    "GRU": {**GATED, "reset_after": [False]},
}
LAYER = {**FLAGS, "activity_regularizer": [SQUARES]}
CONV = {
    **CELLS["LSTM"],
    **FLAGS,
    "recurrent_activation": ["tanh"],  # smooth everywhere, as there are many positions
    "activity_regularizer": [SQUARES],
    "strides": [2],
    "padding": ["same"],
    "dilation_rate": [2],
}
FILMS = {1: (2, 3, 5, 5), 2: (2, 2, 5, 5, 5), 3: (1, 4, 3, 3, 3, 3)}


def arguments(name: str) -> dict:
    """Those that all recurrent layers share, without what is left out."""
    return {a: values for a, values in LAYER.items() if not is_left_out(f"layers.{name}", a)}


CASES: list[Case] = [
    *(
        case
        for name, table in CELLS.items()
        for case in combined(name, SEQUENCE, {**table, **arguments(name)}, call=MASK, units=4)
    ),
    *(
        combined_cell
        for name, table in CELLS.items()
        for chosen in combined(f"{name}Cell", SEQUENCE, table, units=4)
        for combined_cell in combined(
            "RNN", SEQUENCE, {"return_state": [True]}, cell=of(f"{name}Cell", **chosen.settings)
        )
    ),
    *combined("RNN", SEQUENCE, LAYER, call=MASK, cell=of("LSTMCell", units=4)),
    *combined(
        "Bidirectional",
        SEQUENCE,
        {
            "merge_mode": ["sum", None],
            "backward_layer": [of("GRU", units=3, go_backwards=True)],
        },
        layer=of("SimpleRNN", units=3, name=FORWARD),
    ),
    *(
        case
        for n, shape in FILMS.items()
        for case in combined(
            f"ConvLSTM{n}D",
            shape,
            CONV,
            call={"mask": flags(shape[0], shape[1])},
            filters=2,
            kernel_size=2,
        )
    ),
]
