"""Draws the pictures of `minicnn train`: learning curves and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

RIGHT, WRONG, GREY = "#1f5fbf", "#c8102e", "#6b7280"
ROWS = COLUMNS = 5
MISTAKES = 2 * COLUMNS  # at most, in the last rows


def learning_curves(history: dict[str, list[float]], path: Path) -> None:
    """Draw loss and accuracy after each epoch, on the training and on the test images."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        epochs = np.arange(1, len(history[name]) + 1)
        axes.plot(
            epochs,
            history[name],
            "o--",
            color=GREY,
            label="training: mean over the epoch, with dropout",
        )
        axes.plot(epochs, history[f"val_{name}"], "o-", color=RIGHT, label="test")
        axes.set_title(name.capitalize(), loc="left", fontweight="bold")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    loss.set_ylim(bottom=0)
    loss.legend(frameon=False)
    accuracy.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=1))
    _save(figure, path)


def predictions(
    pixels: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    path: Path,
) -> None:
    """Draw 25 images with the predicted and the true label, right in blue and wrong in red.

    The first test images come first, then wrong predictions, those with the highest probability
    first.

    - pixels: (images, height, width, channels 1); labels: (images,);
    - probabilities: (images, classes).
    """
    answers = probabilities.argmax(-1)
    figure = Figure(figsize=(7.5, 8.6), layout="constrained")
    figure.suptitle(_caption(labels, answers), color=GREY, fontsize=10)
    shown = _choose(labels, probabilities)
    for axes, i in zip(figure.subplots(ROWS, COLUMNS).flat, shown, strict=False):
        axes.imshow(pixels[i, ..., 0], cmap="binary")
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(
            f"{class_names[answers[i]]} ({class_names[labels[i]]})",
            color=RIGHT if answers[i] == labels[i] else WRONG,
            fontsize=12,
        )
        axes.spines[:].set_color("#d1d5db")
    _save(figure, path)


def _choose(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The images to show: the first ones, then the wrong ones with the highest probability."""
    wrong = np.flatnonzero(probabilities.argmax(-1) != labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(-1), kind="stable")][:MISTAKES]
    others = np.setdiff1d(np.arange(len(labels)), surest)
    return np.concatenate([others[: ROWS * COLUMNS - len(surest)], surest])


def _caption(labels: np.ndarray, answers: np.ndarray) -> str:
    wrong = int((answers != labels).sum())
    caption = "The predicted label, and in brackets the true label"
    if not wrong:
        return f"{caption}. All {len(labels):,} test images are right."
    return (
        f"{caption}: the first test images,\n"
        f"below, the most confident mistakes ({wrong} of {len(labels):,} are wrong)"
    )


def _save(figure: Figure, path: Path) -> None:
    """Write a temporary file and rename it, so that no incomplete picture is left."""
    temporary = path.with_name(f".{path.name}")
    try:
        figure.savefig(temporary, dpi=150, format=path.suffix[1:])
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
