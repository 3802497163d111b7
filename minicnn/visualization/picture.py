"""`Picture`, the figure of all pictures here, and what they share: colours, grids, saving."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.common import configuration

RIGHT, WRONG, GREY = "#1f5fbf", "#c8102e", "#6b7280"
SIGNED = "RdBu_r"
"""The colours of signed values: red is positive, blue negative, white zero."""


class Picture(Figure):
    """A figure that a notebook shows, and that no global state of pyplot keeps alive."""

    def __init__(self, width: float, height: float):
        super().__init__(figsize=(width, height), layout="constrained")

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def save(figure: Figure, path: str | os.PathLike) -> None:
    """Writes a figure to a file. An older file is replaced as a whole, or not at all."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}")
    try:
        figure.savefig(temporary, dpi=150, format=path.suffix[1:] or "png")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def draw_maps(
    figure: Picture, maps: Sequence[np.ndarray], titles: Sequence[str], columns: int, what: str
) -> None:
    """Draws matrices in a grid, all in the same signed colours, with their scale at the right."""
    rows = math.ceil(len(maps) / columns)
    values = [m[np.isfinite(m)] for m in maps]
    most = max((float(abs(v).max()) for v in values if v.size), default=0.0) or 1.0
    grid = figure.subplots(rows, columns, squeeze=False)
    size = 9 if columns <= 5 else 7
    image = None
    for axes, one, title in zip(grid.flat, maps, titles, strict=False):
        image = axes.imshow(one, cmap=SIGNED, vmin=-most, vmax=most, interpolation="nearest")
        axes.set_title(title, fontsize=size, pad=2)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("#d1d5db")
    for axes in grid.flat[len(maps) :]:
        axes.set_axis_off()
    figure.colorbar(image, ax=grid, label=what, shrink=0.9, aspect=30, pad=0.02)


def as_image(x: np.ndarray) -> np.ndarray:
    """An image as `imshow` takes it: `(height, width)` or with 3 channels, from 0 to 1."""
    if x.ndim == 3 and configuration.image_data_format() == "channels_first":
        x = np.moveaxis(x, 0, -1)
    x = x[..., 0] if x.ndim == 3 and x.shape[-1] == 1 else x
    x = x.mean(-1) if x.ndim == 3 and x.shape[-1] not in (3, 4) else x
    low, high = float(x.min()), float(x.max())
    return (x.astype("float64") - low) / (high - low or 1.0)


def show_image(axes: Any, image: np.ndarray, **settings: Any) -> Any:
    """Draws an image that `as_image` made, without ticks; grey ones in grey."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#d1d5db")
    grey = {"cmap": "gray"} if image.ndim == 2 else {}
    return axes.imshow(image, **grey | settings)


def named(names: Sequence[str] | None, index: int) -> str:
    """The name of a class, or its number."""
    return str(index) if names is None else str(names[index])


def class_indices(y: Any) -> np.ndarray:
    """Labels as whole numbers `(samples,)`: from these, from one-hot rows or from scores."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(-1)
    y = y.reshape(len(y), -1)
    if y.shape[1] != 1:
        raise ValueError(
            "Expected labels of shape (samples,) or scores of shape (samples, classes), but got "
            f"the shape {y.shape}."
        )
    flat = y[:, 0]
    if flat.dtype.kind == "f" and not (flat == flat.round()).all():
        return (flat > 0.5).astype("int64")  # the one output of a sigmoid
    return flat.astype("int64")
