"""How many places a window takes: the formula of `output_size`, with a layer's own numbers."""

from __future__ import annotations

import re
from typing import Any

from minicnn.common.sliding_windows import output_size, pad_pairs
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.studio.lessons.docstrings import described
from minicnn.studio.lessons.formulas import mathml


def places_formula(layer: Any, shape: tuple[int, ...]) -> dict[str, str] | None:
    """The formula along the first spatial axis, in letters and in numbers.

    None for a layer without a window, and for a transposed one, which counts the other way round.
    """
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is None or isinstance(layer, BaseConvTranspose) or not hasattr(layer, "padding"):
        return None
    rank = len(window)
    dilation = getattr(layer, "dilation_rate", None) or (1,) * rank
    lengths = shape[1 : rank + 1]
    pairs = pad_pairs(layer.padding, lengths, window, layer.strides, dilation)
    places = output_size(lengths, window, layer.strides, pairs, dilation)
    formula = described(output_size).forward[0].text
    numbers = {"n": lengths[0], "p": sum(pairs[0]), "k": window[0], "d": dilation[0]}
    numbers |= {"s": layer.strides[0], "m": places[0]}
    filled = re.sub(r"\b[a-z]\b", lambda found: str(numbers[found[0]]), formula)
    return {"formula": mathml(formula), "filled": mathml(filled), "text": filled}
