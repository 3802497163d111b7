"""Combinations of the arguments of the layers that prepare data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.catalogue.combinations.layers import FIRST, SIDES, Table, combined
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.catalogue.preprocessing import OTHER_WAY
from compare.cases.values import literal, within

IMAGE = SIDES[2]
COLOURS = within(0.0, 255.0, 2, 3, 3, 3)._replace(fixed=True)
DARK = within(0.0, 99.0, 2, 3, 3, 3)._replace(fixed=True)
SQUARE = within(0.0, 255.0, *IMAGE)
# Each channel has 2 dark pixels and 7 others, channels first or last: no value lies between steps.
PLACES = list(np.ndindex(3, 3, 3))
IS_DARK = [sum(place) % 3 == 0 and len(set(place)) > 1 for place in PLACES]
LEVELS = [1.3 + i / 100 if dark else 45.37 + 1.83 * i for i, dark in enumerate(IS_DARK)]
UNEVEN = literal(np.reshape(LEVELS, (1, 3, 3, 3)).tolist())._replace(fixed=True)
RANGE = {"value_range": [(0, 100)], "data_format": FIRST}
SAMPLING = {
    "fill_mode": ["constant", "wrap", "nearest"],
    "interpolation": ["nearest"],
    "fill_value": [0.7],
    "data_format": FIRST,
}


def warps(name: str, **required: Any) -> Iterator[Case]:
    """The combinations of a layer that warps images; only a constant border has a value."""
    for case in combined(name, IMAGE, SAMPLING, **required):
        settings = dict(case.settings)
        if "fill_value" in settings:
            settings["fill_mode"] = "constant"
        case = replace(case, settings=settings)
        yield without_keras(case, OTHER_WAY, TENSORFLOW, "training: gradient")


def resizes(values: Table, **required: Any) -> Iterator[Case]:
    """The combinations of `Resizing` with one way to keep, or not to keep, the aspect ratio."""
    common = {"interpolation": ["nearest", "lanczos3"], "antialias": [True], "data_format": FIRST}
    return combined("Resizing", IMAGE, {**common, **values}, **required)


CASES = [
    *warps("RandomRotation", factor=0.2),
    *warps("RandomTranslation", height_factor=0.3, width_factor=(-0.2, 0.4)),
    *warps("RandomZoom", height_factor=0.3, width_factor=(0.1, 0.4)),
    *combined(
        "RandomBrightness", IMAGE, {"value_range": [(-1.0, 1.0)], "data_format": FIRST}, factor=0.3
    ),
    *combined(
        "RandomContrast",
        within(0.0, 1.0, *IMAGE)._replace(fixed=True),
        {"value_range": [(0, 1)], "data_format": FIRST},
        factor=(0.0, 0.9),
    ),
    *(
        case
        for name, required in (
            ("RandomHue", {"factor": (0.1, 0.4)}),
            ("RandomColorDegeneration", {"factor": (0.3, 0.8)}),
            ("RandomSharpness", {"factor": (0.6, 1.0)}),
        )
        for case in combined(name, COLOURS, RANGE, **required)
    ),
    *combined(
        "RandomSaturation",
        COLOURS,
        {"value_range": [(0.0, 0.5)], "data_format": FIRST},
        factor=(0.5, 0.8),
    ),
    *combined("RandomGrayscale", COLOURS, {"factor": [1.0], "data_format": FIRST}),
    *combined("RandomInvert", COLOURS, {"factor": [(0.4, 0.6)], **RANGE}),
    *combined("AutoContrast", SQUARE, {"value_range": [(0, 100)]}),
    *combined("Equalization", UNEVEN, {"bins": [7], **RANGE}),
    *combined("RandomPosterization", DARK, RANGE, factor=(3, 3)),
    *combined(
        "Solarization",
        DARK,
        {"addition_factor": [0.4], "threshold_factor": [0.8], **RANGE},
    ),
    *combined(
        "RandomGaussianBlur",
        COLOURS,
        {"factor": [(0.4, 0.6)], "kernel_size": [5], "sigma": [(0.5, 0.9)], **RANGE},
    ),
    *combined(
        "RandomErasing",
        COLOURS,
        {"factor": [(0.9, 1.0)], "scale": [(0.3, 0.8)], "fill_value": [120.0], **RANGE},
    ),
    *combined(
        "RandomColorJitter",
        COLOURS,
        {
            "brightness_factor": [0.3],
            "contrast_factor": [0.4],
            "saturation_factor": [(0.3, 0.6)],
            "hue_factor": [0.2],
            "value_range": [(0, 100)],
        },
    ),
    *(
        without_keras(case, OTHER_WAY, TENSORFLOW, "training: gradient")
        for case in combined(
            "RandomPerspective",
            IMAGE,
            {
                "factor": [(0.5, 0.8)],
                "scale": [0.4],
                "interpolation": ["nearest"],
                "fill_value": [0.7],
                "data_format": FIRST,
            },
        )
    ),
    *warps("RandomShear", x_factor=(0.0, 0.3), y_factor=(0.1, 0.4)),
    *combined("RandomCrop", IMAGE, {"data_format": FIRST}, height=4, width=3, seed=1),
    *combined("RandomFlip", IMAGE, {"mode": ["horizontal", "vertical"], "data_format": FIRST}),
    *combined("CenterCrop", IMAGE, {"data_format": FIRST}, height=4, width=3),
    *combined(
        "Normalization",
        IMAGE,
        {"axis": [1], "invert": [True]},
        mean=[0.5, -1.0, 2.0, 0.1, 0.3, -0.2],
        variance=[0.3, 2.0, 1.5, 0.7, 1.1, 0.9],
    ),
    *resizes({"crop_to_aspect_ratio": [True]}, height=4, width=9),
    *resizes({"fill_value": [0.5]}, height=9, width=4, pad_to_aspect_ratio=True),
]
