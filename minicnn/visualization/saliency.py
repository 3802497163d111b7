"""`plot_saliency`: which pixels move the score of a class, and where a layer sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis import grad_cam, saliency
from minicnn.visualization.picture import Picture, as_image, named, show_image


def plot_saliency(
    model: Any,
    x: Any,
    class_index: Any = None,
    layer: Any = None,
    class_names: Sequence[str] | None = None,
    most: int = 8,
) -> Any:
    """For each image: the image, its saliency map, and Grad-CAM laid over it.

    Args:
        model: a model with one image as input, that returns scores of classes.
        x: images, one batch.
        class_index: which class; by default the one with the highest score.
        layer: the layer of Grad-CAM; by default the last whose output is an image.
        class_names: names of the classes.
        most: draw at most so many images, the first.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.visualization import plot_saliency
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((8, 8, 1)),
        ...         keras.layers.Conv2D(4, 3, kernel_initializer="ones", name="conv"),
        ...         keras.layers.GlobalAveragePooling2D(),
        ...         keras.layers.Dense(10, kernel_initializer="ones"),
        ...     ]
        ... )
        >>> figure = plot_saliency(model, np.ones((1, 8, 8, 1), "float32"), class_index=7)
        >>> [axes.get_title() for axes in figure.axes[:3]]
        ['class 7', 'saliency', 'Grad-CAM at conv']
    """
    x = np.asarray(x)[:most]
    if isinstance(class_index, (list, tuple, np.ndarray)):
        class_index = np.asarray(class_index)[:most]
    pixels = saliency(model, x, class_index)
    heat = grad_cam(model, x, layer, class_index)
    figure = Picture(8.4, 2.7 * len(x) + 0.2)
    rows = figure.subplots(len(x), 3, squeeze=False)
    for i, (first, second, third) in enumerate(rows):
        image = as_image(x[i])
        show_image(first, image)
        first.set_title(f"class {named(class_names, int(pixels.classes[i]))}", fontsize=10)
        drawn = _show_map(second, pixels.maps[i])
        second.set_title("saliency", fontsize=10)
        figure.colorbar(drawn, ax=second, shrink=0.8, label="|∂ score / ∂ pixel|")
        show_image(third, image)
        values = heat.heatmaps[i]
        seen = 0.8 * values / (values.max() or 1.0)  # where the map is 0, the image is seen
        drawn = _show_map(third, values, alpha=seen)
        empty = "" if values.any() else ": all 0"
        third.set_title(f"Grad-CAM at {heat.layer}{empty}", fontsize=10)
        figure.colorbar(drawn, ax=third, shrink=0.8, label="relu(Σ αₖ Aₖ)")
    return figure


def _show_map(axes: Any, values: np.ndarray, **settings: Any) -> Any:
    """Draws values that are not negative; the scale begins at 0, also if all are 0."""
    return show_image(axes, values, cmap="magma", vmin=0, vmax=values.max() or 1.0, **settings)
