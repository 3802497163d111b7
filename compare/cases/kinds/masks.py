"""Runs a layer on an array with a mask: its output, and the mask that it passes on."""

from __future__ import annotations

import warnings
from typing import Any

from compare.cases import network_data
from compare.cases.case import Case
from compare.cases.kinds.shared import assign
from compare.cases.values import draw
from compare.libraries.library import Library

SEED = 800  # of the weights


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities, in inference and in training. The masked steps of the input are zero."""
    x = network_data.padded(draw(case.inputs[0], case.label), network_data.PADDING)
    found: dict[str, Any] = {}
    with library.shared_random_numbers() as draws, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers that pass no mask on
        layer = library.find(f"layers.{case.name}")(**library.resolve(dict(case.settings)))
        masked = library.keras.layers.Masking()(library.tensor(library.array(x)))
        layer.build(x.shape)
        drawn = [network_data.weight(SEED, tuple(w.shape), w.name) for w in layer.weights]
        for mode, training in (("inference", False), ("training", True)):
            assign(layer, [library.array(w) for w in drawn])
            draws.restart()
            y = layer(masked, training=training)
            mask = getattr(y, "_keras_mask", None)
            found[f"{mode}: output"] = library.numpy(y)
            found[f"{mode}: mask"] = "none" if mask is None else str(library.numpy(mask).tolist())
    return found
