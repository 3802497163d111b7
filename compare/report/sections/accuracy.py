"""The section on accuracy: the difference of paired trainings, its interval and the margin."""

from __future__ import annotations

from typing import Any

from compare.report.charts import Scale, legend, line, picture, plain, rounded, text
from compare.report.html import Html, tag
from compare.report.parts import section, table, verdict
from compare.report.results import Result

HEADS = ("data set", "pairs", "minicnn %", "Keras %", "difference", "interval", "margin", "p")
HEADS += ("verdict",)
WIDTH, ROW, TOP = 340, 26, 14


def render(results: list[Result]) -> Html:
    """A picture and a line for each data set."""
    comparisons = [(v, r.backend) for r in results for v in r.summary.get("verdicts") or []]
    every = [run for result in results for run in result.results]
    return section(
        "accuracy",
        "Accuracy",
        tag(
            "p",
            "The same convnet, trained from the same weights on both, from several seeds. "
            "Equivalent: the interval of the difference lies within the margin; where the true "
            "difference does not, this happens in at most 5 % of cases.",
        ),
        legend(("ours", "minicnn"), ("keras", "Keras"), ("margin", "margin")),
        tag("div", [_figure(v, backend, every) for v, backend in comparisons], class_="grid broad"),
        table(
            HEADS,
            [_row(v) for v, _ in comparisons],
            [v.get("verdict") != "equivalent" for v, _ in comparisons],
        ),
    )


def _figure(comparison: dict[str, Any], backend: str, runs: list[dict[str, Any]]) -> Html:
    holds = comparison.get("verdict") == "equivalent"
    name = comparison.get("dataset", "")
    title = f"{name}{' on ' + backend if backend else ''}"
    accuracies = {
        who: [
            100 * r["accuracy"]
            for r in runs
            if r.get("dataset") == name and r.get("library") == who and "accuracy" in r
        ]
        for who in ("minicnn", "keras")
    }
    return tag(
        "figure",
        tag(
            "figcaption",
            tag("b", title),
            tag("span", verdict(holds, comparison.get("verdict")), f" {_said(comparison)}"),
        ),
        _runs(accuracies, name),
        _difference(comparison),
        class_=None if holds else "bad",
    )


def _said(comparison: dict[str, Any]) -> str:
    """The difference, its interval and the margin, in points."""
    if not comparison.get("interval") or comparison.get("margin") is None:
        return ""
    return (
        f"{comparison.get('difference', 0.0):+.3f} points, {_interval(comparison)}, "
        f"margin ±{comparison['margin']:g}"
    )


def _interval(comparison: dict[str, Any]) -> str:
    low, high = comparison.get("interval") or (0.0, 0.0)
    share = comparison.get("confidence")
    of = "" if share is None else f" ({100 * share:.3g} %)"
    return f"{low:+.3f} to {high:+.3f}{of}"


def _runs(accuracies: dict[str, list[float]], name: str) -> Html | None:
    """Draws each run as a dot, the mean as a line."""
    every = [a for some in accuracies.values() for a in some]
    if not every:
        return None
    x, marks = _scale(min(every), max(every), 2)
    rows = []
    for i, (who, some) in enumerate(accuracies.items()):
        y, colour = TOP + ROW * i + ROW / 2, "ours" if who == "minicnn" else "keras"
        rows += [tag("circle", cx=x(a), cy=y, r=4, class_=f"point {colour} faint") for a in some]
        if some:
            mean = x(sum(some) / len(some))
            rows.append(line(mean, y - 9, mean, y + 9, f"whisker {colour}"))
    labels = [
        text(0, TOP + ROW / 2 + 4, "minicnn", class_="name"),
        text(0, TOP + ROW * 1.5 + 4, "Keras", class_="name"),
    ]
    caption = text((70 + WIDTH) / 2, TOP + 2 * ROW + 34, "test accuracy, %", "middle", "axis")
    return picture(WIDTH, TOP + 2 * ROW + 40, f"Accuracies on {name}", marks, labels, rows, caption)


def _difference(comparison: dict[str, Any]) -> Html | None:
    """Draws the mean difference with its interval and the margin."""
    interval, margin = comparison.get("interval"), comparison.get("margin")
    if not interval or margin is None:
        return None
    low, high = min(interval[0], -margin), max(interval[1], margin)
    x, marks = _scale(low, high, 1)
    y = TOP + ROW / 2
    band = tag(
        "rect",
        x=x(-margin),
        y=TOP - 6,
        width=x(margin) - x(-margin),
        height=ROW + 6,
        class_="margin",
    )
    return picture(
        WIDTH,
        TOP + ROW + 40,
        f"Difference {comparison.get('difference'):+.3f} points, margin {margin}",
        band,
        marks,
        line(x(0), TOP - 6, x(0), TOP + ROW, "zero"),
        line(x(interval[0]), y, x(interval[1]), y, "whisker ink"),
        [line(x(end), y - 5, x(end), y + 5, "whisker ink") for end in interval],
        tag("circle", cx=x(comparison["difference"]), cy=y, r=4.5, class_="point"),
        text(0, y + 4, "difference", class_="name"),
        text((70 + WIDTH) / 2, TOP + ROW + 34, "minicnn − Keras, points", "middle", "axis"),
    )


def _scale(low: float, high: float, rows: int) -> tuple[Scale, list]:
    room = 0.08 * (high - low) or 0.1
    x, bottom = Scale(low - room, high + room, 74, WIDTH - 20), TOP + rows * ROW
    ticks = rounded(low - room, high + room)
    marks = [
        [line(x(v), TOP - 6, x(v), bottom, "grid"), text(x(v), bottom + 14, plain(v), "middle")]
        for v in ticks
    ]
    return x, marks


def _row(comparison: dict[str, Any]) -> tuple:
    means = [
        "{mean:.2f} ± {spread:.2f}".format(**comparison[who]) if comparison.get(who) else ""
        for who in ("minicnn", "keras")
    ]
    return (
        *(comparison.get("dataset", ""), comparison.get("pairs"), *means),
        f"{comparison.get('difference', 0.0):+.3f}",
        _interval(comparison),
        f"±{comparison.get('margin', 0.0):g}",
        comparison.get("p"),
        comparison.get("verdict", ""),
    )
