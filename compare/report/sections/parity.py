"""The section on parity: judges, sensitivity, errors of both libraries, and all cases."""

from __future__ import annotations

import math
from typing import Any

from compare.report.charts import Scale, axes, legend, line, picture
from compare.report.html import Html, joined, tag
from compare.report.parts import section, sentence, verdict
from compare.report.results import Result
from compare.report.sections import judges, parity_table, sensitivity

SMALLEST = 1e-9
SINGLE = "float32"
SIZE = 400  # of the picture
LEFT, RIGHT, TOP, BOTTOM = 44, 384, 26, 352  # the ends of its scales


def render(results: list[Result]) -> Html:
    """All cases of all backends."""
    rows = [_row(case, r.backend) for r in results for case in r.results]
    rows.sort(key=lambda row: (not row["wrong"], -_finite(row["share"])))
    failed = sum(row["wrong"] for row in rows)
    return section(
        "parity",
        "Parity",
        tag(
            "p",
            "Every layer, loss, metric, optimizer and operation: outputs, gradients for random "
            "cotangents, state and configuration, in float32, compared with the truth in float64, "
            "whose gradients are confirmed by central differences.",
        ),
        tag("p", verdict(not failed, f"{len(rows) - failed:,} of {len(rows):,} cases hold")),
        tag("div", _scatter(rows), _nearer(rows), class_="split"),
        [judges.part(r) for r in results],
        [sensitivity.part(r.summary.get("sensitivity")) for r in results],
        parity_table.render(rows),
    )


def _finite(value: float | None) -> float:
    return 1e300 if value is not None and not math.isfinite(value) else value or 0.0


def _row(case: dict[str, Any], backend: str) -> dict[str, Any]:
    shown = max(case.get("findings") or [], key=_weight, default={})
    ours, keras = (_pair(shown.get(who)) for who in ("ours", "keras"))
    wrong = bool(case.get("wrong"))
    return {
        "case": f"{case.get('kind', '')}.{case.get('case', '')}",
        "quantity": shown.get("quantity", ""),
        "ours": ours[0],
        "ours ulp": ours[1],
        "keras": keras[0],
        "keras ulp": keras[1],
        "limit": None if ours[0] is None else shown.get("limit"),
        "share": _share(shown),
        "verdict": sentence(case["wrong"][0]) if wrong else _without_keras(case) or "holds",
        "backend": backend,
        "kind": case.get("kind", ""),
        "precision": case.get("precision", SINGLE),
        "wrong": wrong,
    }


def _weight(finding: dict[str, Any]) -> tuple:
    part = _finite(_share(finding))
    return bool(finding.get("wrong")), finding.get("quantity") != "gradients in float64", part


def _share(finding: dict[str, Any]) -> float | None:
    """The error of minicnn divided by what rounding explains."""
    ours, limit = _pair(finding.get("ours"))[0], finding.get("limit")
    if ours is None or not limit:
        return None
    share = finding.get("share")
    return ours / limit if share is None else share


def _pair(error: Any) -> tuple[float | None, float | None]:
    return (error[0], error[1]) if error else (None, None)


def _without_keras(case: dict[str, Any]) -> str:
    """The reasons for leaving out Keras in a case; empty if there are none."""
    known = case.get("known differences") or []
    return "; ".join(f"Keras left out: {difference.get('reason', '')}" for difference in known)


def _nearer(rows: list[dict]) -> Html:
    both = [row for row in rows if row["ours"] is not None and row["keras"] is not None]
    ours = sum(row["ours"] < row["keras"] for row in both)
    keras = sum(row["ours"] > row["keras"] for row in both)
    return tag(
        "div",
        tag("h3", "Which is closer to the truth"),
        tag(
            "dl",
            _fact("minicnn", ours),
            _fact("Keras", keras),
            _fact("equal", len(both) - ours - keras),
            class_="facts",
        ),
        tag(
            "p",
            "Each dot is a case, at the errors of its worst quantity, relative to the largest "
            "entry. Below the line, minicnn is closer to the truth; above it, Keras.",
            class_="quiet",
        ),
        legend(("dot", SINGLE), ("dot-half", "half precision"), ("dot-bad", "does not hold")),
    )


def _fact(what: str, count: int) -> Html:
    return joined([tag("div", tag("dt", what), tag("dd", f"{count:,}"))])


def _scatter(rows: list[dict]) -> Html:
    """The errors of Keras and of minicnn, both on logarithmic scales."""
    pairs = [
        (max(row["keras"], SMALLEST), max(row["ours"], SMALLEST), row)
        for row in rows
        if row["ours"] is not None and row["keras"] is not None
    ]
    usual = sorted(v for a, b, _ in pairs for v in (a, b) if math.isfinite(v))
    most = usual[int(0.99 * len(usual))] if usual else 0.0
    high = 10.0 ** math.ceil(math.log10(max(most, 1e-6)))  # larger errors are drawn at the edge
    x = Scale(SMALLEST, high, LEFT, RIGHT, True)
    y = Scale(SMALLEST, high, BOTTOM, TOP, True)
    dots = [
        tag("circle", tag("title", row["case"]), cx=x(a), cy=y(b), r=2.2, class_=_dot(row))
        for a, b, row in pairs
    ]
    return picture(
        SIZE,
        SIZE - 12,
        "Errors of minicnn and of Keras, case by case",
        axes(x, y, "error of Keras, relative", "error of minicnn, relative"),
        line(x(SMALLEST), y(SMALLEST), x(high), y(high), "guide"),
        dots,
    )


def _dot(row: dict[str, Any]) -> str:
    if row["wrong"]:
        return "dot-bad"
    return "dot" if row["precision"] == SINGLE else "dot-half"
