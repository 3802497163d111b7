"""Makes tables of results in Markdown that is also readable on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import targets
from benchmarks.libraries import KERAS, PYTORCH
from benchmarks.rounds import Measurement
from benchmarks.statistics import summary
from compare.cli.table import width

HEADINGS = {
    "training": "Training (`fit`), µs per sample",
    "prediction": "Prediction (`predict`), µs per sample",
    "small": "Small work: short epochs and calls, µs per epoch or call",
    "convolution": "Algorithms of convolution, µs per image (32 images, with bias and relu)",
    "memory": "Peak memory of the process, MB",
    "start": "Start of the process, s",
    "accuracy": "From the start of the process to 99 % of MNIST's test images, and its parts, s",
}


RATIOS = {"best Keras ÷ minicnn": KERAS, "best PyTorch ÷ minicnn": PYTORCH}
"""The last columns, and the libraries of which the best is compared with minicnn."""


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is aligned to the left, all others to the right."""
    widths = [max(map(width, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
    return "\n".join(_line(row, widths) for row in (heads, rule, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    pads = [" " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)]
    cells = [row[0] + pads[0], *(pad + cell for pad, cell in zip(pads[1:], row[1:], strict=True))]
    return f"| {' | '.join(cells)} |"


def section(measured: Sequence[Measurement]) -> str:
    """The table of a section: median (quartiles) of each candidate, then ratios to minicnn."""
    names = list(dict.fromkeys(name for m in measured for name in (*m.samples, *m.failures)))
    others = {
        head: some
        for head, some in RATIOS.items()
        if any(targets.against(m, some) for m in measured)
    }
    heads = ["", *names, *others]
    rows = [
        [
            _subject(m),
            *(_cell(m, name) for name in names),
            *(_ratio(m, some) for some in others.values()),
        ]
        for m in measured
    ]
    return markdown(heads, rows)


def line(m: Measurement) -> str:
    """A measurement in one line, printed while the benchmarks run."""
    cells = [f"{name} {_cell(m, name)}" for name in (*m.samples, *m.failures)]
    return f"  {_subject(m):32} " + "   ".join(
        [*cells, *(_ratio(m, some) for some in RATIOS.values())]
    )


def targets_table(measured: Sequence[Measurement]) -> str:
    """The table of targets."""
    rows = []
    for target in targets.TARGETS:
        found = targets.reached(target, measured)
        rows.append(
            [
                target.what,
                found.best_other if found else "",
                f"{target.least:g}×",
                f"{target.aim:g}×",
                spread(found.ratio, "×") if found else "",
                targets.verdict(target, found),
            ]
        )
    return markdown(["", "against", "at least", "aim", "reached", ""], rows)


def results(measured: Sequence[Measurement]) -> str:
    """The tables of all sections, each under its heading."""
    tables = by_section(measured).items()
    return "\n\n".join(f"{HEADINGS[name]}\n\n{section(some)}" for name, some in tables)


def failures(measured: Sequence[Measurement]) -> list[str]:
    """The failures, one line each."""
    return [f"{m.title}: {why}" for m in measured for why in m.failures.values()]


def spread(found: targets.Summary, unit: str = "") -> str:
    """Median and quartiles as text."""
    return f"{number(found.median)}{unit} ({number(found.low)}-{number(found.high)})"


def number(value: float) -> str:
    """A number with three digits as text."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _subject(m: Measurement) -> str:
    return ", ".join([m.subject, *(str(value) for value in m.settings.values())])


def _cell(m: Measurement, name: str) -> str:
    if name in m.failures:
        return "failed"
    if not m.samples.get(name):
        return ""
    found = summary(m.samples[name])
    return spread(found) if len(m.samples[name]) > 1 else number(found.median)


def _ratio(m: Measurement, others: Sequence[str]) -> str:
    found = targets.against(m, others)
    return f"{spread(found.ratio, '×')} {found.best_other}" if found else ""


def by_section(measured: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    """The measurements of each section, in the order of `HEADINGS`."""
    found = {name: [m for m in measured if m.section == name] for name in HEADINGS}
    return {name: some for name, some in found.items() if some}
