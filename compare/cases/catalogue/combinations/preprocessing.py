"""Combinations of the arguments of the layers that prepare data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from compare.cases.case import Case
from compare.cases.catalogue.combinations.layers import FIRST, SIDES, Table, combined
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.catalogue.preprocessing import OTHER_WAY
from compare.cases.values import within

IMAGE = SIDES[2]
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
