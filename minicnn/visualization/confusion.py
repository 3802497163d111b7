"""`plot_confusion`: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.visualization.picture import Picture, class_indices, named


def plot_confusion(
    y_true: Any, y_pred: Any, class_names: Sequence[str] | None = None, normalize: bool = False
) -> Any:
    """The confusion matrix: rows are the true classes, columns the predicted ones.

    Args:
        y_true: labels `(samples,)`, or one-hot.
        y_pred: predicted labels, or scores `(samples, classes)`.
        class_names: names of the classes.
        normalize: whether to show shares of each true class instead of counts.

    Example:
        >>> from minicnn.visualization import plot_confusion
        >>> figure = plot_confusion([0, 0, 1, 1], [0, 1, 1, 1], ["cat", "dog"])
        >>> figure.axes[0].images[0].get_array().astype(int).tolist()
        [[1, 1], [0, 2]]
        >>> figure.axes[0].get_title()
        '4 samples, 75.0% right'

    Raises:
        ValueError: labels and predictions of different number, or no samples.
    """
    true, predicted = class_indices(y_true), class_indices(y_pred)
    if len(true) != len(predicted) or not len(true):
        raise ValueError(
            f"Expected a prediction for each label, but got {len(true)} labels and "
            f"{len(predicted)} predictions."
        )
    count = max(int(true.max()), int(predicted.max())) + 1
    count = max(count, len(class_names or ()))
    if class_names is not None and len(class_names) < count:
        raise ValueError(f"There are {count} classes, but {len(class_names)} `class_names`.")
    counts = np.zeros((count, count), "int64")
    np.add.at(counts, (true, predicted), 1)
    sums = counts.sum(1, keepdims=True)
    shares = counts / np.maximum(sums, 1)
    figure = Picture(max(4.0, 0.55 * count + 2.2), max(3.6, 0.5 * count + 1.6))
    axes = figure.subplots()
    drawn = axes.imshow(shares if normalize else counts, cmap="Blues", vmin=0)
    figure.colorbar(drawn, label="share of the true class" if normalize else "samples", shrink=0.85)
    names = [named(class_names, i) for i in range(count)]
    turned = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(range(count), names, **turned)
    axes.set_yticks(range(count), names)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_title(f"{len(true):,} samples, {np.mean(true == predicted):.1%} right", fontsize=10)
    if count <= 20:
        _write_cells(axes, counts, shares, normalize)
    return figure


def _write_cells(axes: Any, counts: np.ndarray, shares: np.ndarray, normalize: bool) -> None:
    shown = shares if normalize else counts
    dark = 0.5 * shown.max()
    for i, j in zip(*np.nonzero(counts), strict=True):
        text = f"{shares[i, j]:.0%}" if normalize else f"{counts[i, j]:,}"
        color = "white" if shown[i, j] > dark else "black"
        axes.text(j, i, text, ha="center", va="center", fontsize=8, color=color)
