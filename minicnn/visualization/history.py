"""`plot_history`: learning curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from minicnn.visualization.picture import GREY, RIGHT, Picture

COLUMNS = 3


def plot_history(history: Any, training: str = "training", validation: str = "validation") -> Any:
    """Learning curves: a panel for the loss and each metric, for training and validation.

    Args:
        history: what `fit` returns, its dict, or a model that was trained. What `GradientHistory`
            adds to it is drawn by its own `plot`.
        training: the name of the training's curves in the legend.
        validation: that of the validation's.

    Example:
        >>> from minicnn.visualization import plot_history
        >>> figure = plot_history({"loss": [0.5, 0.2], "val_loss": [0.4, 0.3]})
        >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
        [[0.5, 0.2], [0.4, 0.3]]

    Raises:
        ValueError: a history without any epoch.
    """
    history = getattr(history, "history", history)
    history = getattr(history, "history", history)
    values = {k: v for k, v in (history or {}).items() if "/" not in k and len(v)}
    if not values:
        raise ValueError(
            "The history has no epochs: pass what `model.fit` returned, or a trained model."
        )
    names = list(dict.fromkeys(name.removeprefix("val_") for name in values))
    names.sort(key=lambda name: name != "loss")
    columns = min(len(names), COLUMNS)
    rows = -(-len(names) // columns)
    figure = Picture(5 * columns, 4 * rows)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        _panel(axes, name, values, training, validation)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    panels[0, 0].legend(frameon=False)
    return figure


def _panel(axes: Any, name: str, values: dict, training: str, validation: str) -> None:
    styles = ((name, "o--", GREY, training), (f"val_{name}", "o-", RIGHT, validation))
    drawn = []
    for key, style, color, label in styles:
        if key in values:
            y = np.asarray(values[key], "float64")
            axes.plot(np.arange(1, len(y) + 1), y, style, color=color, label=label, markersize=4)
            drawn.append(y)
    axes.set_title(name.replace("_", " ").capitalize(), loc="left", fontweight="bold")
    axes.set_xlabel("epoch")
    axes.set_ylabel(name.replace("_", " "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    every = np.concatenate(drawn)
    if "accuracy" in name and ((every >= 0) & (every <= 1)).all():
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=1))
    elif "loss" in name and (every >= 0).all():
        axes.set_ylim(bottom=0)
