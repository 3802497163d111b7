"""Definitions of operations, by their names below `keras.ops`."""

from __future__ import annotations

from compare.judges.definitions.operations import (
    arithmetic,
    convolution,
    images,
    indexing,
    pooling,
    products,
    shaping,
)

DEFINITIONS = {
    **arithmetic.DEFINITIONS,
    **convolution.DEFINITIONS,
    **images.DEFINITIONS,
    **indexing.DEFINITIONS,
    **pooling.DEFINITIONS,
    **products.DEFINITIONS,
    **shaping.DEFINITIONS,
}
