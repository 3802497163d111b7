"""Draws pictures of the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.convolutions import WAYS
from benchmarks.libraries import OURS
from benchmarks.rounds import Measurement
from benchmarks.statistics import summary
from benchmarks.tables import number

BLUE, GREY = "#1f5fbf", "#6b7280"
OTHERS = ("#e0a458", "#c97b3d", "#8aa399", "#9a8fb8", "#b5544d", "#d9938e", GREY)
ALGORITHMS = {
    "im2col": "#9aa3ad",
    "direct": "#e0a458",
    "winograd": BLUE,
    "winograd_2x2": "#8fb3e8",
    "auto": "#333333",
}


def draw(folder: Path, sections: dict[str, Sequence[Measurement]]) -> dict[str, Path]:
    """Draw the sections that have a picture; returns the files by section."""
    drawn = {}
    for name in ("training", "prediction"):
        if name in sections:
            drawn[name] = _save(_networks(sections[name]), folder / f"{name}.png")
    if "convolution" in sections:
        drawn["convolution"] = _save(_layers(sections["convolution"]), folder / "convolution.png")
    return drawn


def _networks(measured: Sequence[Measurement]) -> Figure:
    """Draws a panel for each network and batch: a bar for each library, with quartiles."""
    columns = min(4, len(measured))
    rows = -(-len(measured) // columns)
    figure = Figure(figsize=(3.1 * columns + 0.8, 2.2 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flat
    names = list(dict.fromkeys(name for m in measured for name in m.samples))
    colours = {OURS: BLUE, **dict(zip([n for n in names if n != OURS], OTHERS, strict=False))}
    for axes, m in zip(panels, measured, strict=False):
        _bars(axes, m, colours)
    for axes in list(panels):
        axes.set_visible(False)
    figure.supxlabel("microseconds per sample: median and quartiles; shorter is faster", fontsize=9)
    return figure


def _bars(axes: Axes, m: Measurement, colours: dict[str, str]) -> None:
    names = list(colours)
    for name, samples in m.samples.items():
        place, found = names.index(name), summary(samples)
        spread = [[found.median - found.low], [found.high - found.median]]
        axes.barh(place, found.median, color=colours[name], xerr=spread, ecolor="#333333")
        axes.text(found.high, place, f" {number(found.median)}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.25)
    axes.set_title(", ".join([m.subject, *(f"{k} {v}" for k, v in m.settings.items())]), fontsize=9)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _layers(measured: Sequence[Measurement]) -> Figure:
    """Draws each layer's times as multiples of the fastest; a panel for forward and backward."""
    layers = list(dict.fromkeys(m.subject for m in measured))
    ways = [way for way in WAYS if any(m.settings["way"] == way for m in measured)]
    figure = Figure(figsize=(10, 0.45 * len(layers) + 1.6), layout="constrained")
    panels = figure.subplots(1, len(ways), sharex=True, sharey=True, squeeze=False)[0]
    for axes, way in zip(panels, ways, strict=True):
        _multiples(axes, [m for m in measured if m.settings["way"] == way])
        axes.set_title(way, loc="left", fontweight="bold", fontsize=10)
    figure.supxlabel("time, as a multiple of the fastest algorithm; its bar has the µs per image")
    unique = {}
    for axes in panels:
        handles, names = axes.get_legend_handles_labels()
        unique |= dict(zip(names, handles, strict=True))
    figure.legend(unique.values(), unique, loc="outside upper right", ncols=5, frameon=False)
    return figure


def _multiples(axes: Axes, measured: Sequence[Measurement]) -> None:
    for place, m in enumerate(measured):
        medians = {name: summary(samples).median for name, samples in m.samples.items()}
        least = min(medians.values())
        thick = 0.8 / len(medians)
        for i, (name, median) in enumerate(medians.items()):
            where = place + (i - (len(medians) - 1) / 2) * thick
            axes.barh(where, median / least, thick, color=ALGORITHMS.get(name, GREY), label=name)
            if median == least:
                axes.text(1, where, f" {number(median)} µs", va="center", fontsize=7)
    axes.set_yticks(range(len(measured)), [m.subject for m in measured], fontsize=8)
    axes.set_ylim(len(measured) - 0.5, -0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=130)
    return path
