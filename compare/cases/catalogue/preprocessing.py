"""Cases of the layers that prepare data. Both libraries use the same random numbers in them."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case, LibraryObject
from compare.cases.catalogue.layers import FIRST, FIRST_IMAGE, IMAGE, layer
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.values import whole, within

PIXELS = within(0.0, 255.0, *IMAGE)
FIXED = PIXELS._replace(fixed=True)
COLOURS = within(0.0, 255.0, 2, 3, 3, 3)._replace(fixed=True)
ONE = within(0.0, 255.0, 1, *IMAGE[1:])
BRIGHTER = LibraryObject("layers.RandomBrightness", {"name": "brighter", "factor": (0.0, 0.4)})
DARKER = LibraryObject("layers.RandomBrightness", {"name": "darker", "factor": (-0.2, 0.0)})
OTHER_WAY = "TensorFlow's gradient uses the inverse warp instead of the transpose"


def warp(name: str, image: tuple, **settings: Any) -> Case:
    """A case of a layer that warps images."""
    return without_keras(
        layer(name, image, **settings), OTHER_WAY, TENSORFLOW, "training: gradient"
    )


CASES = [
    layer("CategoryEncoding", whole(0, 5, 3, 4), num_tokens=5),
    layer("CategoryEncoding", whole(0, 5, 3, 4), num_tokens=5, output_mode="count"),
    layer("CategoryEncoding", whole(0, 5, 3), num_tokens=6, output_mode="one_hot"),
    layer("CenterCrop", IMAGE, height=4, width=3),
    layer("CenterCrop", FIRST_IMAGE, height=9, width=3, **FIRST),
    layer("Normalization", (4, 3), mean=[0.5, -1.0, 2.0], variance=[0.3, 2.0, 1.5]),
    layer("Normalization", (4, 3), axis=None, mean=0.5, variance=2.0, invert=True),
    layer("RandomBrightness", PIXELS, factor=0.3),
    layer("RandomBrightness", IMAGE, factor=(-0.5, 0.2), value_range=(-5.0, 5.0)),
    layer("RandomContrast", PIXELS, factor=0.3),
    layer("RandomContrast", PIXELS, factor=(0.2, 0.4)),
    layer("RandomCrop", IMAGE, height=4, width=3, seed=1),
    layer("RandomCrop", FIRST_IMAGE, height=9, width=4, seed=1, **FIRST),
    layer("RandomFlip", IMAGE),
    layer("RandomFlip", FIRST_IMAGE, mode="horizontal", **FIRST),
    layer("RandomFlip", IMAGE, mode="vertical"),
    layer("AutoContrast", PIXELS),
    layer("Equalization", FIXED),
    layer("RandomColorDegeneration", COLOURS, factor=0.7),
    layer("RandomColorJitter", COLOURS, brightness_factor=0.2, contrast_factor=0.3),
    layer("RandomErasing", PIXELS),
    layer("RandomGaussianBlur", PIXELS),
    layer("RandomGrayscale", COLOURS),
    layer("RandomHue", COLOURS, factor=0.3),
    layer("RandomInvert", PIXELS, factor=(0.4, 0.6)),
    layer("RandomPosterization", FIXED, factor=(3, 3)),
    layer("RandomSaturation", COLOURS, factor=(0.3, 0.6)),
    layer("RandomSharpness", PIXELS, factor=0.3),
    layer("Solarization", FIXED, addition_factor=0.2, threshold_factor=0.7),
    # One image has no other one, and no layers change nothing: what is drawn has no effect.
    layer("CutMix", ONE),
    layer("MixUp", ONE),
    layer("AugMix", PIXELS, chain_depth=0),
    layer("RandAugment", PIXELS, num_ops=0),
    layer("RandomElasticTransform", PIXELS, factor=0),
    without_keras(
        layer("Pipeline", PIXELS, layers=[BRIGHTER, DARKER]),
        "Keras cannot tell the shape of its outputs",
    ),
    warp("RandomPerspective", IMAGE, factor=(0.5, 0.8), scale=0.5),
    warp("RandomShear", IMAGE, x_factor=(0.0, 0.3), y_factor=(0.1, 0.4)),
    warp("RandomRotation", IMAGE, factor=0.2),
    warp("RandomRotation", FIRST_IMAGE, factor=(0.1, 0.4), fill_mode="constant", **FIRST),
    warp("RandomTranslation", IMAGE, height_factor=0.3, width_factor=(-0.2, 0.4)),
    warp("RandomTranslation", IMAGE, height_factor=0.3, width_factor=0.2, fill_mode="wrap"),
    warp("RandomZoom", IMAGE, height_factor=0.3),
    warp("RandomZoom", IMAGE, height_factor=-0.3, width_factor=(0.1, 0.4), fill_mode="nearest"),
    layer("Resizing", IMAGE, height=4, width=9),
    layer("Resizing", IMAGE, height=4, width=9, interpolation="bicubic", antialias=True),
    layer("Resizing", FIRST_IMAGE, height=3, width=5, crop_to_aspect_ratio=True, **FIRST),
    layer("Resizing", IMAGE, height=9, width=5, pad_to_aspect_ratio=True, fill_value=0.5),
]
