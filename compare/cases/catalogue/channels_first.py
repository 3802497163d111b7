"""Cases of layers with channels first, in which no two axes can be exchanged unnoticed.

If a library exchanges height and width on the way in and out, all shapes of square images are
right, and so are the values of square windows. So either the image or the window is not square.
"""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.catalogue.layers import FIRST, FIRST_IMAGE, NOT_FIRST, WRONG_BIAS, layer
from compare.cases.catalogue.marks import TENSORFLOW, without_keras

FIRST_LINE = (2, 4, 7)
SQUARE = (2, 4, 6, 6)
FIRST_VOLUME = (2, 2, 5, 4, 6)
FLAT = {"kernel_size": (2, 3), "padding": "same"}


def unsupported(name: str, shape: tuple, **settings: Any) -> Case:
    """A case of a layer that TensorFlow cannot compute with channels first on a CPU."""
    return without_keras(layer(name, shape, **settings), NOT_FIRST, TENSORFLOW)


CASES = [
    unsupported("Conv1D", FIRST_LINE, filters=3, kernel_size=3, strides=2, **FIRST),
    unsupported("Conv2D", FIRST_IMAGE, filters=3, strides=(1, 2), **FLAT, **FIRST),
    layer("Conv2D", FIRST_IMAGE, filters=4, groups=2, dilation_rate=(1, 2), **FLAT, **FIRST),
    layer("Conv3D", FIRST_VOLUME, filters=3, kernel_size=(1, 2, 3), **FIRST),
    unsupported("Conv1DTranspose", FIRST_LINE, filters=3, kernel_size=3, strides=2, **FIRST),
    unsupported("Conv2DTranspose", FIRST_IMAGE, filters=3, strides=(2, 1), **FLAT, **FIRST),
    unsupported("Conv3DTranspose", FIRST_VOLUME, filters=2, kernel_size=(1, 2, 3), **FIRST),
    layer("DepthwiseConv1D", FIRST_LINE, kernel_size=3, depth_multiplier=2, **FIRST),
    without_keras(layer("DepthwiseConv2D", SQUARE, **FLAT, **FIRST), WRONG_BIAS, TENSORFLOW),
    layer("SeparableConv1D", FIRST_LINE, filters=3, kernel_size=2, **FIRST),
    layer("SeparableConv2D", FIRST_IMAGE, filters=3, kernel_size=(2, 3), **FIRST),
    *(
        layer(f"{kind}Pooling{n}D", shape, pool_size=size, padding="same", **FIRST)
        for kind in ("Max", "Average")
        for n, shape, size in (
            (1, FIRST_LINE, 3),
            (2, SQUARE, (2, 3)),
            (3, FIRST_VOLUME, (1, 2, 3)),
        )
    ),
    *(
        layer(f"Adaptive{kind}Pooling2D", FIRST_IMAGE, output_size=(3, 2), **FIRST)
        for kind in ("Max", "Average")
    ),
    *(
        layer(f"Global{kind}Pooling2D", FIRST_IMAGE, keepdims=True, **FIRST)
        for kind in ("Max", "Average")
    ),
]
