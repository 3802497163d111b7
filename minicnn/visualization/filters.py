"""`plot_filters`: the weights of a convolution, as images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.common.suggest import did_you_mean
from minicnn.visualization.picture import Picture, draw_maps


def plot_filters(
    model: Any, layer: Any = None, most_filters: int | None = None, most_inputs: int = 8
) -> Any:
    """The kernel of a convolution: one image for each filter and input channel.

    With one input channel the filters fill a square grid; otherwise each row is a filter, and each
    column an input channel.

    Args:
        model: a built model, or a layer itself.
        layer: a layer of the model or its name; by default the first with such a kernel.
        most_filters: draw at most so many filters: by default 64, or 8 with several inputs.
        most_inputs: draw at most so many input channels.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.visualization import plot_filters
        >>> model = keras.Sequential(
        ...     [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv")]
        ... )
        >>> figure = plot_filters(model, "conv")
        >>> figure.get_suptitle()
        'conv (Conv2D): 4 filters of 3 × 3, 1 input channel'
        >>> bool((figure.axes[2].images[0].get_array() == model.layers[0].kernel[:, :, 0, 2]).all())
        True

    Raises:
        ValueError: an unknown layer, or one without a kernel of an image.
    """
    layer = _chosen(model, layer)
    kernel = _filters(layer)
    inputs = kernel.shape[1]
    limit = (64 if inputs == 1 else 8) if most_filters is None else most_filters
    shown = kernel[:limit, :most_inputs]
    if inputs == 1:
        columns = math.ceil(math.sqrt(len(shown)))
        titles = [str(i) for i in range(len(shown))]
    else:
        columns = shown.shape[1]
        titles = [f"{i} ← {j}" for i in range(len(shown)) for j in range(columns)]
    maps = [one for row in shown for one in row]
    rows = math.ceil(len(maps) / columns)
    size = max(0.9, 3.6 / max(columns, rows))
    figure = Picture(max(columns * size + 1.2, 4.6), rows * (size + 0.18) + 0.6)
    figure.suptitle(_title(layer, kernel, shown), fontsize=11)
    draw_maps(figure, maps, titles, columns, "weight")
    return figure


def _title(layer: Any, kernel: np.ndarray, shown: np.ndarray) -> str:
    def count(part: int, whole: int, word: str) -> str:
        word += "s" if whole != 1 else ""
        return f"{whole} {word}" if part == whole else f"{part} of {whole} {word}"

    height, width = kernel.shape[2:]
    filters = count(shown.shape[0], kernel.shape[0], "filter")
    inputs = count(shown.shape[1], kernel.shape[1], "input channel")
    break_ = ",\n" if kernel.shape[1] > 1 else ", "
    kind = type(layer).__name__
    return f"{layer.name} ({kind}): {filters} of {height} × {width}{break_}{inputs}"


def _chosen(model: Any, layer: Any) -> Any:
    if layer is not None and not isinstance(layer, str):
        return layer
    layers = model._flatten_layers()
    if layer is None:
        found = [one for one in layers if _kernel(one) is not None]
        if not found:
            raise ValueError(f"{model.name!r} has no layer with a kernel of an image, of rank 4.")
        return found[0]
    by_name = {one.name: one for one in layers}
    name = layer if layer in by_name else layer.rsplit("/")[-1]
    if name not in by_name:
        raise ValueError(
            f"No layer {layer!r} in the model {model.name!r}.{did_you_mean(layer, by_name)} "
            f"Its layers are: {', '.join(by_name)}."
        )
    return by_name[name]


def _kernel(layer: Any) -> Any:
    for name in ("kernel", "depthwise_kernel"):
        kernel = getattr(layer, name, None)
        if len(getattr(kernel, "shape", ())) == 4:
            return kernel
    return None


def _filters(layer: Any) -> np.ndarray:
    """The kernel as `(filters, inputs, height, width)`."""
    kernel = _kernel(layer)
    if kernel is None:
        raise ValueError(
            f"The layer {layer.name!r} ({type(layer).__name__}) has no kernel of an image, of rank "
            "4. `plot_filters` draws layers such as Conv2D, if they are built."
        )
    array = np.asarray(kernel.numpy(), "float32")
    if hasattr(layer, "depth_multiplier"):  # (height, width, inputs, multiplier)
        return array.reshape(*array.shape[:2], -1).transpose(2, 0, 1)[:, None]
    transposed = "Transpose" in type(layer).__name__  # (height, width, filters, inputs)
    return array.transpose((2, 3, 0, 1) if transposed else (3, 2, 0, 1))
