"""Cases of recurrent layers."""

from __future__ import annotations

from compare.cases.case import LibraryObject
from compare.cases.catalogue.layers import VOLUME, layer
from compare.cases.values import apart, flags

SEQUENCE = (2, 5, 3)
FILM = (2, 3, 5, 4, 2)
MASK = {"mask": flags(2, 5)}
STATE = {"initial_state": apart(2, 4)}
ALL = {"return_sequences": True, "return_state": True}
FORWARD = "forward_inner"
RATES = {"dropout": 0.3, "recurrent_dropout": 0.4}
KINDS = ("SimpleRNN", "LSTM", "GRU")


def of(name: str, /, **settings: object) -> LibraryObject:
    """A layer or cell inside of another."""
    return LibraryObject(f"layers.{name}", {"name": "inner", **settings})


CASES = [
    *(layer(name, SEQUENCE, units=4) for name in KINDS),
    *(layer(name, SEQUENCE, units=17, call=MASK, **ALL) for name in KINDS),
    *(layer(name, SEQUENCE, units=4, activation="relu", **ALL) for name in KINDS),
    *(layer(name, SEQUENCE, units=4, return_sequences=True, **RATES) for name in KINDS),
    *(layer(name, SEQUENCE, units=4, dropout=0.4) for name in KINDS),
    *(layer(name, SEQUENCE, units=4, call=STATE) for name in ("SimpleRNN", "GRU")),
    layer("GRU", SEQUENCE, units=4, reset_after=False, call=MASK, **ALL),
    layer("GRU", SEQUENCE, units=4, reset_after=False, **RATES),
    layer("LSTM", (40, 3, 16), units=16, return_sequences=True),
    *(layer("RNN", SEQUENCE, cell=of(f"{name}Cell", units=4), call=MASK) for name in KINDS),
    layer(
        "RNN",
        SEQUENCE,
        cell=of("StackedRNNCells", cells=[of("LSTMCell", units=3), of("GRUCell", units=2)]),
        **ALL,
    ),
    *(
        layer("Bidirectional", SEQUENCE, layer=of(name, units=3, name=FORWARD), merge_mode=mode)
        for name in KINDS
        for mode in ("concat", "sum", "ave", "mul", None)
    ),
    layer(
        "Bidirectional",
        SEQUENCE,
        layer=of("LSTM", units=3, name=FORWARD, zero_output_for_mask=True, **ALL),
        call=MASK,
    ),
    layer("TimeDistributed", SEQUENCE, layer=of("Dense", units=4)),
    layer("TimeDistributed", VOLUME, layer=of("Conv2D", filters=3, kernel_size=2)),
    layer("ConvLSTM1D", (2, 3, 6, 2), filters=3, kernel_size=3),
    layer("ConvLSTM2D", FILM, filters=3, kernel_size=2, return_sequences=True, **RATES),
    layer("ConvLSTM2D", FILM, filters=3, kernel_size=3, padding="same", **ALL),
    layer("ConvLSTM3D", (1, 2, 4, 3, 4, 2), filters=2, kernel_size=2),
]
