"""The section on training: the losses and the differences of each step, beside their limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from compare.report.charts import Scale, area, around, axes, curve, legend, picture
from compare.report.html import Html, tag
from compare.report.parts import section, verdict
from compare.report.results import Result
from compare.report.sections import sensitivity

WIDTH, LEFT = 320, 46
LOSSES, DIFFERENCES = 120, 140  # heights of the pictures
TOP, BOTTOM = 26, 36  # room for the titles of the axes

# The curves of differences: title, key of the difference, key of its limit.
COMPARED = (
    ("difference of the losses", "loss difference", "loss band"),
    ("difference of the updates, relative", "weights difference", "weights band"),
)


def render(results: list[Result]) -> Html:
    """Pictures for each training."""
    trainings = [(case, r.backend) for r in results for case in r.results]
    held = sum(bool(case.get("holds")) for case, _ in trainings)
    several = len({backend for _, backend in trainings}) > 1
    trainings.sort(key=lambda pair: bool(pair[0].get("holds")))
    return section(
        "training",
        "Training",
        tag(
            "p",
            "Every step of minicnn starts from Keras's weights and optimizer state, on the same "
            "batch. The band is the difference that rounding explains, measured by repeating "
            "Keras's step. A difference of zero is drawn at the lower edge.",
        ),
        tag("p", verdict(held == len(trainings), f"{held} of {len(trainings)} stay inside")),
        [sensitivity.part(r.summary.get("sensitivity"), "of a training") for r in results],
        tag("h3", "Step by step"),
        legend(
            ("keras", "loss on Keras"),
            ("ours", "loss on minicnn"),
            ("difference", "difference of minicnn and Keras"),
            ("band", "band: what rounding explains"),
        ),
        tag("div", [_figure(c, b if several else "") for c, b in trainings], class_="grid"),
    )


def _figure(case: dict[str, Any], backend: str) -> Html:
    holds = bool(case.get("holds"))
    title = f"{case.get('case', '')}{' on ' + backend if backend else ''}"
    note = case.get("wrong") or _room(case)
    caption = tag("figcaption", tag("b", title), tag("span", verdict(holds), " ", note))
    drawn = list(_pictures(case.get("curves") or {}, title))
    return tag("figure", caption, tag("div", drawn), class_=None if holds else "bad")


def _room(case: dict[str, Any]) -> str:
    share = (case.get("at most") or {}).get("share")
    steps = len(case.get("kinks") or ())
    kinks = f"; units at a kink in {steps} step{'s' * (steps > 1)}" if steps else ""
    return "" if share is None else f"at most {100 * share:.2g} % of the band{kinks}"


def _pictures(curves: dict[str, list[float]], title: str) -> Iterator[Html]:
    ours, keras = curves.get("loss minicnn") or [], curves.get("loss keras") or []
    if not keras:
        return
    yield _losses(ours, keras, title)
    losses = [abs(a - b) for a, b in zip(ours, keras, strict=False)]
    known = {"loss difference": losses, **curves}
    for what, difference, band in COMPARED:
        if known.get(difference) and known.get(band):
            yield _differences(known[difference], known[band], what, title)


def _losses(ours: list[float], keras: list[float], title: str) -> Html:
    finite = [v for v in [*ours, *keras] if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    x, y = _steps(len(keras)), Scale(low, high, LOSSES - BOTTOM, TOP)
    return picture(
        WIDTH,
        LOSSES,
        f"Loss of {title}, step by step",
        axes(x, y, "step", "loss"),
        curve(list(enumerate(keras, 1)), x, y, "line keras thick"),
        curve(list(enumerate(ours, 1)), x, y, "line ours"),
    )


def _differences(found: list[float], band: list[float], what: str, title: str) -> Html:
    x, y = _steps(len(band)), Scale(*around([*found, *band]), DIFFERENCES - BOTTOM, TOP, True)
    return picture(
        WIDTH,
        DIFFERENCES,
        f"The {what}, of {title}, and what rounding explains",
        area(list(enumerate(band, 1)), x, y, "band"),
        axes(x, y, "step", what),
        curve(list(enumerate(band, 1)), x, y, "line edge"),
        curve(list(enumerate(found, 1)), x, y, "line difference"),
    )


def _steps(count: int) -> Scale:
    return Scale(1, max(count, 2), LEFT, WIDTH - 14, whole=True)
