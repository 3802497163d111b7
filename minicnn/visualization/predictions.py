"""`plot_predictions`: images with predicted and true labels, mistakes in red."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.visualization.picture import (
    GREY,
    RIGHT,
    WRONG,
    Picture,
    as_image,
    class_indices,
    named,
    show_image,
)


def plot_predictions(
    x: Any,
    y_true: Any,
    y_pred: Any,
    class_names: Sequence[str] | None = None,
    rows: int = 5,
    columns: int = 5,
) -> Any:
    """Images with the predicted and the true label, right in blue and wrong in red.

    The first images come first, then wrong predictions, in at most two fifths of the rows, those
    with the highest score first.

    Args:
        x: images `(samples, height, width, channels)`.
        y_true: labels `(samples,)`, or one-hot.
        y_pred: scores `(samples, classes)`, or predicted labels.
        class_names: names of the classes.
        rows: of the grid.
        columns: of the grid.

    Example:
        >>> import numpy as np
        >>> from minicnn.visualization import plot_predictions
        >>> figure = plot_predictions(np.ones((2, 4, 4, 1)), [0, 1], [0, 0], ["cat", "dog"])
        >>> [axes.get_xlabel() for axes in figure.axes[:2]]
        ['cat (cat)', 'cat (dog)']

    Raises:
        ValueError: images, labels and predictions of different number.
    """
    x, scores = np.asarray(x), np.asarray(y_pred)
    labels, answers = class_indices(y_true), class_indices(y_pred)
    if not len(x) == len(labels) == len(answers):
        raise ValueError(
            f"Expected a label and a prediction for each image, but got {len(x)} images, "
            f"{len(labels)} labels and {len(answers)} predictions."
        )
    sureness = scores.max(-1) if scores.ndim == 2 else np.zeros(len(answers))
    figure = Picture(1.5 * columns, 1.65 * rows + 0.35)
    figure.suptitle(_caption(labels, answers), color=GREY, fontsize=10)
    shown = _choose(labels != answers, sureness, rows, columns)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, i in zip(panels, shown, strict=False):
        image = as_image(x[i])
        show_image(axes, image, **({"cmap": "binary"} if image.ndim == 2 else {}))
        axes.set_xlabel(
            f"{named(class_names, answers[i])} ({named(class_names, labels[i])})",
            color=RIGHT if answers[i] == labels[i] else WRONG,
            fontsize=12,
        )
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    return figure


def _choose(is_wrong: np.ndarray, sureness: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The images to show: the first ones, then the wrong ones with the highest score."""
    most = (2 * rows // 5 or 1) * columns
    wrong = np.flatnonzero(is_wrong)
    surest = wrong[np.argsort(-sureness[wrong], kind="stable")][:most]
    others = np.setdiff1d(np.arange(len(is_wrong)), surest)
    return np.concatenate([others[: rows * columns - len(surest)], surest])


def _caption(labels: np.ndarray, answers: np.ndarray) -> str:
    wrong = int((answers != labels).sum())
    caption = "The predicted label, and in brackets the true label"
    if not wrong:
        return f"{caption}. All {len(labels):,} images are right."
    return (
        f"{caption}: the first images,\n"
        f"below, the most confident mistakes ({wrong:,} of {len(labels):,} are wrong)"
    )
