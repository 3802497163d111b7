"""`plot_image_gallery`: images in a grid, with labels and predictions."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.common import configuration
from minicnn.visualization.picture import Picture


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: dict[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    scale: float = 2,
    path: str | os.PathLike | None = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Sequence[Any] | None = None,
    data_format: str | None = None,
) -> Any:
    """Images in a grid, each with its label and prediction.

    Args:
        images: `(samples, height, width, channels)`.
        y_true: labels `(samples,)`.
        y_pred: predicted labels `(samples,)`.
        label_map: the name of each label; needed with `y_true` or `y_pred`.
        rows: of the grid; by default such that it is about square.
        cols: columns of the grid, likewise.
        value_range: the smallest and largest value of a pixel.
        scale: size of an image, in inches.
        path: save to this file.
        show: open a window with `plt.show()`; by default where there is no `path`.
        transparent: whether the background in the file is transparent.
        dpi: dots per inch in the file.
        legend_handles: patches of a legend.
        data_format: "channels_last" or "channels_first"; by default that of the settings.

    Returns:
        the figure.

    Example:
        >>> import numpy as np
        >>> from minicnn.visualization import plot_image_gallery
        >>> images = np.zeros((3, 4, 4, 3), "uint8")
        >>> figure = plot_image_gallery(images, [0, 1, 0], label_map={0: "cat", 1: "dog"},
        ...                             cols=3, show=False)
        >>> [axes.get_title() for axes in figure.axes]
        ['Label: cat', 'Label: dog', 'Label: cat']

    Raises:
        ValueError: images that are not of rank 4, `path` together with `show`, labels without
            their names.
    """
    if path is not None and show:
        raise ValueError("Give either a `path` to save to or `show=True`, not both.")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ValueError("With `y_true` or `y_pred`, `label_map` is needed: the name of each.")
    pixels = _pixels(images, value_range, data_format)
    rows, cols = _grid(len(pixels), rows, cols)
    size = (cols * scale, rows * scale)
    show = path is None if show is None else show
    if show:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=size, layout="constrained")
    else:
        figure = Picture(*size)
    panels = figure.subplots(rows, cols, squeeze=False).flat
    for i, axes in enumerate(panels):
        axes.set_axis_off()
        if i < len(pixels):
            grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels[i].ndim == 2 else {}
            axes.imshow(pixels[i], **grey)
            axes.set_title(_title(i, y_true, y_pred, label_map), fontsize=8)
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    if path is not None:
        figure.savefig(path, transparent=transparent, dpi=dpi, bbox_inches="tight", pad_inches=0)
    if show:
        pyplot.show()
    return figure


def _pixels(images: Any, value_range: tuple, data_format: str | None) -> np.ndarray:
    """Bytes `(samples, height, width, 3)`, or without the last axis if grey."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(
            "`plot_image_gallery` takes a batch of images of shape (samples, height, width, "
            f"channels). Received the shape {images.shape}."
        )
    if (data_format or configuration.image_data_format()) == "channels_first":
        images = np.moveaxis(images, 1, -1)
    low, high = value_range
    scaled = (images.astype("float64") - low) / (high - low) * 255
    pixels = np.clip(scaled, 0, 255).astype("uint8")
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def _grid(count: int, rows: int | None, cols: int | None) -> tuple[int, int]:
    if rows is None:
        rows = math.ceil(count / cols) if cols else math.ceil(math.sqrt(count))
    rows = max(rows, 1)
    return rows, cols or max(math.ceil(count / rows), 1)


def _title(i: int, y_true: Any, y_pred: Any, label_map: dict | None) -> str:
    parts = [
        f"{word}: {label_map.get(int(np.asarray(y)[i]), 'Unknown')}"
        for word, y in (("Label", y_true), ("Pred", y_pred))
        if y is not None and i < len(y)
    ]
    return "  ".join(parts)
