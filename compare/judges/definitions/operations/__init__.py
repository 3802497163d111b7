"""Definitions of operations, by their names below `keras.ops`."""

from __future__ import annotations

from compare.judges.definitions.operations import (
    activations,
    arithmetic,
    convolution,
    images,
    indexing,
    pooling,
    products,
    shaping,
)

DEFINITIONS = {
    **activations.DEFINITIONS,
    **arithmetic.DEFINITIONS,
    **convolution.DEFINITIONS,
    **images.DEFINITIONS,
    **indexing.DEFINITIONS,
    **pooling.DEFINITIONS,
    **products.DEFINITIONS,
    **shaping.DEFINITIONS,
}
