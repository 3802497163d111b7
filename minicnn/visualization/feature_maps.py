"""`plot_feature_maps`: the channels of a layer's output, as images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.analysis import activations
from minicnn.common import configuration
from minicnn.visualization.picture import Picture, draw_maps


def plot_feature_maps(
    model: Any, x: Any, layer: Any = None, sample: int = 0, most: int = 64
) -> Any:
    """The channels of a layer's output for one image, all in the same colours.

    Args:
        model: a model of any kind.
        x: images, one batch.
        layer: a layer or its name; by default the first whose output is an image.
        sample: which image of the batch.
        most: draw at most so many channels, the first.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.visualization import plot_feature_maps
        >>> model = keras.Sequential(
        ...     [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv")]
        ... )
        >>> figure = plot_feature_maps(model, np.ones((1, 8, 8, 1), "float32"), "conv")
        >>> figure.get_suptitle()
        'conv (Conv2D): 4 maps of 6 × 6'
        >>> [axes.get_title() for axes in figure.axes[:4]]
        ['0', '1', '2', '3']

    Raises:
        ValueError: an unknown layer, or one whose output is no image.
    """
    found = activations(model, x, layer)
    images = {name: y for name, y in found.items() if y.ndim == 4}
    if not images:
        what = "; ".join(f"{name!r} returns {y.shape}" for name, y in found.items())
        raise ValueError(
            "`plot_feature_maps` needs a layer whose output is an image, of rank 4 (samples, "
            f"height, width, channels). Here, {what}."
        )
    name, y = next(iter(images.items()))
    if not -len(y) <= sample < len(y):
        raise ValueError(f"`sample` must lie in 0 … {len(y) - 1}. Received: {sample!r}")
    maps = channels_of(y, found.layers[name])[sample]
    kind = type(found.layers[name]).__name__
    shown = maps[:most]
    count = f"{len(maps)}" if len(shown) == len(maps) else f"{len(shown)} of {len(maps)}"
    columns = math.ceil(math.sqrt(len(shown)))
    rows = math.ceil(len(shown) / columns)
    size = max(1.05, 4 / columns)
    figure = Picture(columns * size + 1.2, rows * (size + 0.18) + 0.6)
    height, width = maps.shape[1:]
    figure.suptitle(f"{name} ({kind}): {count} maps of {height} × {width}", fontsize=11)
    titles = [f"{i}" if m.any() else f"{i}: all 0" for i, m in enumerate(shown)]
    draw_maps(figure, list(shown), titles, columns, "activation")
    return figure


def channels_of(y: np.ndarray, layer: Any) -> np.ndarray:
    """A layer's output `(samples, channels, height, width)`."""
    own = getattr(layer, "data_format", None) or configuration.image_data_format()
    return y if own == "channels_first" else np.moveaxis(y, -1, 1)
