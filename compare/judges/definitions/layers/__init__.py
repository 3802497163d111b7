"""Definitions of layers, by their names below `keras.layers`."""

from __future__ import annotations

from compare.judges.definitions.layers import (
    convolution,
    dense,
    images,
    normalization,
    pooling,
)
from compare.judges.definitions.layers.layer import drawing_from

DEFINITIONS = {
    **convolution.DEFINITIONS,
    **dense.DEFINITIONS,
    **images.DEFINITIONS,
    **normalization.DEFINITIONS,
    **pooling.DEFINITIONS,
}

__all__ = ["DEFINITIONS", "drawing_from"]
