"""`plot_gradients`: how large the gradients in a model are."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import NullFormatter

from minicnn.analysis import gradients
from minicnn.visualization.picture import GREY, RIGHT, WRONG, Picture


def plot_gradients(
    model: Any, x: Any, y: Any, sample_weight: Any = None, training: bool = True
) -> Any:
    """The norms of the gradients of the loss: to each layer's output, and to each weight.

    The bars are on a logarithmic scale: gradients that vanish or explode are seen at once. A
    gradient that is exactly 0, or that there is not, is named in red.

    Args:
        model: a compiled model of any kind.
        x: inputs, one batch.
        y: targets.
        sample_weight: weights of the samples in the loss.
        training: whether layers do as in training: dropout, batch statistics.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.visualization import plot_gradients
        >>> model = keras.Sequential(
        ...     [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones", name="line")]
        ... )
        >>> model.compile(loss="mse")
        >>> figure = plot_gradients(model, np.array([[1.0, 2.0]]), np.array([[1.0]]))
        >>> [round(float(bar.get_width()), 3) for bar in figure.axes[1].patches]  # [4, 8] and [4]
        [8.944, 4.0]
    """
    found = gradients(model, x, y, sample_weight, training)
    most = max(len(found.outputs), len(found.weights))
    figure = Picture(12, 0.28 * most + 1.5)
    outputs, weights = figure.subplots(1, 2)
    figure.suptitle(f"Gradients of the loss {found.loss:.4g}", fontsize=11)
    _bars(outputs, found.outputs, "to each layer's output")
    _bars(weights, found.weights, "to each weight")
    return figure


def _bars(axes: Any, of_each: dict[str, np.ndarray | None], title: str) -> None:
    norms = [0.0 if g is None else float(np.linalg.norm(g.astype("float64").ravel()))
             for g in of_each.values()]  # fmt: skip
    places = np.arange(len(norms))
    axes.barh(places, norms, color=RIGHT, height=0.7)
    axes.set_yticks(places, list(of_each), fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel("norm of the gradient")
    axes.spines[["top", "right"]].set_visible(False)
    positive = [n for n in norms if np.isfinite(n) and n > 0]
    if positive:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(min(positive) / 10, max(positive) * 10)
    for place, norm, g in zip(places, norms, of_each.values(), strict=True):
        bad = norm == 0 or not np.isfinite(norm)
        text = " no gradient" if g is None else f" {norm:.2g}"
        at = axes.get_xlim()[0] if bad else norm
        axes.text(at, place, text, va="center", fontsize=8, color=WRONG if bad else GREY)
