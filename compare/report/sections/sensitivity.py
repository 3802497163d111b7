"""The part on sensitivity: the smallest wrong factor that a comparison notices, measured."""

from __future__ import annotations

from typing import Any

from compare.report.charts import Scale, around, line, picture, text
from compare.report.html import Html, joined, tag
from compare.report.parts import sentence, table
from compare.sensitivity import LADDER

ENDS = ("best", "median", "worst")
HEADS = ("kind of quantity", "quantities", "sharpest", "median", "bluntest", "the bluntest is")
WIDTH, ROW, TOP, LEFT, BOTTOM = 360, 34, 4, 14, 38
ALL = "all"


def part(found: dict[str, Any] | None, of: str = "") -> Html | None:
    """The explanation, a picture and a table with a line for each kind of quantity.

    `found` is a `compare.sensitivity.summary`, with kinds or without; old results have none.
    """
    if not found or not found.get("quantities"):
        return None
    kinds = {k: s for k, s in (found.get("kinds") or {}).items() if s.get("quantities")}
    everything = kinds if len(kinds) == 1 else {**kinds, ALL: found}
    return tag(
        "div",
        tag("h3", "Sensitivity"),
        tag("div", _picture(everything), tag("div", _explained(of)), class_="split"),
        table(HEADS, [_row(kind, s) for kind, s in everything.items()]),
    )


def _explained(of: str) -> Html:
    """One sentence that says what is measured, and one about the picture."""
    whose = f" {of}" if of else ""
    return joined(
        [
            tag(
                "p",
                "How small an error would have been noticed: one result of minicnn was multiplied "
                "by a factor 1 + x, with smaller and smaller x, and this is the smallest factor "
                f"that the comparison{whose} found wrong.",
            ),
            tag(
                "p",
                "Each line goes from the sharpest quantity to the bluntest; the dot is the median. "
                "Further to the left is sharper.",
                class_="quiet",
            ),
        ]
    )


def factor(x: float | None) -> str:
    """The factor as text; None if no factor is noticed."""
    if x is None:
        return f"none up to {1 + LADDER[-1]:g}"
    digits, _, exponent = f"{x:.1e}".partition("e")
    return f"1 + {x:.2g}" if x >= 0.01 else f"1 + {digits}e{int(exponent)}".replace("-", "−")


def _row(kind: str, found: dict[str, Any]) -> tuple:
    factors = [factor(found[end]["smallest"]) for end in ENDS]
    return (kind, found["quantities"], *factors, sentence(found["worst"].get("quantity", ""), 120))


def _picture(kinds: dict[str, dict[str, Any]]) -> Html:
    """For each kind a line from the sharpest to the bluntest quantity, and a dot at the median."""
    numbers = [_number(s[end]) for s in kinds.values() for end in ENDS]
    bottom = TOP + ROW * len(kinds)
    x = Scale(*around(numbers), LEFT, WIDTH - LEFT, True)
    marks = [
        [line(x(v), TOP, x(v), bottom, "grid"), text(x(v), bottom + 15, word, "middle")]
        for v, word in x.ticks()
    ]
    rows = []
    for i, (kind, found) in enumerate(kinds.items()):
        y = TOP + ROW * i + 20
        best, median, worst = (x(_number(found[end])) for end in ENDS)
        rows += [
            text(LEFT, y - 8, kind, class_="name"),
            line(best, y, worst, y, "whisker ours"),
            [line(end, y - 4, end, y + 4, "whisker ours") for end in (best, worst)],
            tag("circle", cx=median, cy=y, r=4.5, class_="point ours"),
        ]
    return picture(
        WIDTH,
        bottom + BOTTOM,
        "The smallest factors that are noticed, by kind of quantity",
        marks,
        rows,
        text(WIDTH / 2, bottom + 32, "x of the smallest factor 1 + x noticed", "middle", "axis"),
    )


def _number(one: dict[str, Any]) -> float:
    return LADDER[-1] if one["smallest"] is None else one["smallest"]
