"""The section on training: a picture of both losses for each network and optimizer."""

from __future__ import annotations

import math
from typing import Any

from compare.report.charts import Scale, curve, legend, line, picture, plain, rounded, text
from compare.report.html import Html, tag
from compare.report.parts import section, verdict
from compare.report.results import Result

WIDTH, HEIGHT = 320, 190


def render(results: list[Result]) -> Html:
    """A picture for each training."""
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
            "Keras's step.",
        ),
        tag("p", verdict(held == len(trainings), f"{held} of {len(trainings)} stay inside")),
        legend(("keras", "loss on Keras"), ("ours", "loss on minicnn"), ("band", "band")),
        tag("div", [_figure(c, b if several else "") for c, b in trainings], class_="grid"),
    )


def _figure(case: dict[str, Any], backend: str) -> Html:
    holds = bool(case.get("holds"))
    title = f"{case.get('case', '')}{' on ' + backend if backend else ''}"
    note = case.get("wrong") or _room(case)
    drawn = _curves(case["curves"], title) if case.get("curves") else None
    caption = tag("figcaption", tag("b", title), tag("span", verdict(holds), " ", note))
    return tag("figure", caption, drawn, class_=None if holds else "bad")


def _room(case: dict[str, Any]) -> str:
    share = (case.get("at most") or {}).get("share")
    return "" if share is None else f"at most {100 * share:.2g} % of the band"


def _curves(curves: dict[str, list[float]], title: str) -> Html:
    ours, keras = curves.get("loss minicnn") or [], curves.get("loss keras") or []
    band = curves.get("loss band") or [0.0] * len(keras)
    finite = [v for v in [*ours, *keras] if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    x = Scale(1, max(len(keras), 2), 38, WIDTH - 6)
    y = Scale(low, high, HEIGHT - 24, 8)
    marks = [
        [line(38, y(v), WIDTH - 6, y(v), "grid"), text(33, y(v) + 4, plain(v), "end")]
        for v in rounded(low, high)
    ]
    last = [v for v in rounded(1, max(len(keras), 2)) if v >= 1]
    marks += [text(x(v), HEIGHT - 8, plain(v), "middle") for v in last]
    return picture(
        WIDTH,
        HEIGHT,
        f"Loss of {title}, step by step",
        marks,
        _area(keras, band, x, y),
        curve(list(enumerate(keras, 1)), x, y, "line keras thick"),
        curve(list(enumerate(ours, 1)), x, y, "line ours"),
    )


def _area(middle: list[float], half: list[float], x: Scale, y: Scale) -> Html | None:
    pairs = [
        (i, m, h)
        for i, (m, h) in enumerate(zip(middle, half, strict=False), 1)
        if math.isfinite(m) and math.isfinite(h)
    ]
    upper = [f"{x(i)},{y(m + h)}" for i, m, h in pairs]
    lower = [f"{x(i)},{y(m - h)}" for i, m, h in reversed(pairs)]
    return tag("polygon", points=" ".join(upper + lower), class_="band") if pairs else None
