"""How many places a window takes: the formula of `output_size`, with a layer's own numbers."""

from __future__ import annotations

import re
from typing import Any

from minicnn.common.sliding_windows import output_size, pad_pairs, reach
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.ops.nn.output_shapes import compute_conv_transpose_output_shape
from minicnn.studio.lessons.docstrings import described
from minicnn.studio.lessons.formulas import mathml


def places_formula(layer: Any, shape: tuple[int, ...]) -> dict[str, str] | None:
    """The formula along the first spatial axis, in letters and in numbers.

    None for a layer without a window, or with an output padding that was given.
    """
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is None or not hasattr(layer, "padding"):
        return None
    if isinstance(layer, BaseConvTranspose):
        return None if layer.output_padding is not None else _transposed(layer, shape)
    rank = len(window)
    dilation = getattr(layer, "dilation_rate", None) or (1,) * rank
    lengths = shape[-1 - rank : -1]  # a sequence of images has the steps in front
    pairs = pad_pairs(layer.padding, lengths, window, layer.strides, dilation)
    places = output_size(lengths, window, layer.strides, pairs, dilation)
    numbers = {"n": lengths[0], "p": sum(pairs[0]), "k": window[0], "d": dilation[0]}
    numbers |= {"s": layer.strides[0], "m": places[0]}
    return _filled(described(output_size).forward[0].text, numbers)


def _transposed(layer: Any, shape: tuple[int, ...]) -> dict[str, str]:
    """That of a transposed convolution; k is the reach of the window."""
    valid, same = (part.text for part in described(compute_conv_transpose_output_shape).forward)
    formula = valid if layer.padding == "valid" else same
    n, k, s = shape[1], reach(layer.kernel_size[0], layer.dilation_rate[0]), layer.strides[0]
    return _filled(formula, {"n": n, "k": k, "s": s, "m": layer.compute_output_shape(shape)[1]})


def _filled(formula: str, numbers: dict[str, int]) -> dict[str, str]:
    filled = re.sub(r"\b[a-z]\b", lambda found: str(numbers[found[0]]), formula)
    return {"formula": mathml(formula), "filled": mathml(filled), "text": filled}
