"""The section on parity: errors of both libraries, and a table of all cases to sort and search."""

from __future__ import annotations

import math
from typing import Any

from compare.report.charts import Scale, legend, line, picture, power, powers, text
from compare.report.html import Html, data, joined, tag
from compare.report.parts import number, section, sentence, table, verdict
from compare.report.results import Result

HEADS = (
    ("case", "Case", "the class or function, its settings, the shapes of its inputs"),
    ("quantity", "Worst quantity", "the compared quantity that is closest to its limit"),
    ("ours", "minicnn", "largest difference from the float64 truth over its largest entry"),
    ("ours ulp", "ulp", "the same in units in the last place of float32"),
    ("keras", "Keras", "largest difference from the float64 truth over its largest entry"),
    ("keras ulp", "ulp", "the same in units in the last place of float32"),
    ("limit", "Explained", "the error that float32 explains"),
    ("verdict", "Verdict", "whether both stay within what float32 explains"),
)
SMALLEST = 1e-9


def render(results: list[Result]) -> Html:
    """All cases of all backends."""
    rows = [_row(case, r.backend) for r in results for case in r.results]
    rows.sort(key=lambda row: (not row["wrong"], -_finite(row["ours"])))
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
        tag("p", verdict(not failed, f"{len(rows) - failed} of {len(rows)} cases hold")),
        tag("div", _scatter(rows), _nearer(rows), class_="split"),
        [_judges(r) for r in results if isinstance(r.summary.get("judges"), dict)],
        _controls(results, rows),
        _table(rows),
        data("parity-rows", [_short(row) for row in rows]),
    )


def _finite(value: float | None) -> float:
    return 1e300 if value is not None and not math.isfinite(value) else value or 0.0


def _row(case: dict[str, Any], backend: str) -> dict[str, Any]:
    findings = case.get("findings") or []
    shown = max(findings, key=_weight, default={})
    ours, keras = (_pair(shown.get(who)) for who in ("ours", "keras"))
    wrong = bool(case.get("wrong"))
    return {
        "kind": case.get("kind", ""),
        "case": case.get("case", ""),
        "backend": backend,
        "quantity": shown.get("quantity", ""),
        "ours": ours[0],
        "ours ulp": ours[1],
        "keras": keras[0],
        "keras ulp": keras[1],
        "limit": shown.get("limit"),
        "wrong": wrong,
        "verdict": sentence(case["wrong"][0]) if wrong else _without_keras(case) or "holds",
    }


def _weight(finding: dict[str, Any]) -> tuple:
    part = 0.0
    if finding.get("ours") and finding.get("limit"):
        part = _finite(finding["ours"][0]) / finding["limit"]
    return bool(finding.get("wrong")), finding.get("quantity") != "gradients in float64", part


def _pair(error: Any) -> tuple[float | None, float | None]:
    if isinstance(error, dict):
        return error.get("relative"), error.get("ulp")
    return (error[0], error[1]) if error else (None, None)


def _without_keras(case: dict[str, Any]) -> str:
    """The reasons for leaving out Keras in a case; empty if there are none."""
    known = case.get("known differences") or []
    return "; ".join(f"Keras left out: {difference.get('reason', '')}" for difference in known)


def _short(row: dict[str, Any]) -> list:
    """A row for the page's script: the cells, then backend, kind and whether it is wrong."""
    cells = [_number(row[key]) if key != "case" else _label(row) for key, _, _ in HEADS]
    return [*cells, row["backend"], row["kind"], int(row["wrong"])]


def _number(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) and math.isfinite(value) else value


def _label(row: dict[str, Any]) -> str:
    return f"{row['kind']}.{row['case']}"


def _controls(results: list[Result], rows: list[dict]) -> Html:
    kinds = dict.fromkeys(row["kind"] for row in rows)
    backends = dict.fromkeys(r.backend for r in results)
    return tag(
        "form",
        tag("label", "Find ", tag("input", type="search", name="word", placeholder="Conv2D")),
        _choice("Kind ", "kind", kinds),
        _choice("Backend ", "backend", backends) if len(backends) > 1 else None,
        tag("label", tag("input", type="checkbox", name="failing"), " only cases that do not hold"),
        tag("output", f"{len(rows)} cases", class_="quiet"),
        id="parity-controls",
        class_="controls",
    )


def _choice(label: str, name: str, values: Any) -> Html:
    options = [tag("option", "all", value="")] + [tag("option", v, value=v) for v in values]
    return tag("label", label, tag("select", options, name=name))


def _table(rows: list[dict]) -> Html:
    """The first rows; the page's script shows the others on demand."""
    heads = [
        tag("th", tag("button", title, type="button"), title=why, scope="col")
        for _, title, why in HEADS
    ]
    body = [
        tag(
            "tr",
            [
                tag("td", _label(row) if key == "case" else number(row[key]), data_label=title)
                for key, title, _ in HEADS
            ],
            class_="bad" if row["wrong"] else None,
        )
        for row in rows[:30]
    ]
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", heads)),
            tag("tbody", body),
            id="parity-table",
            class_="cards",
        ),
        tag("button", "Show more", type="button", id="parity-more", hidden=True),
        class_="wide",
    )


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
            "Each dot is a case, at the errors of its worst quantity. Below the line, minicnn is "
            "closer to the truth; above it, Keras.",
            class_="quiet",
        ),
        legend(("dot", "holds"), ("dot-bad", "does not hold")),
    )


def _judges(result: Result) -> Html:
    """Who decided about how many quantities, for one backend."""
    counts = {who: c for who, c in result.summary["judges"].items() if isinstance(c, dict)}
    rows = [(who, c.get("quantities"), c.get("alone")) for who, c in counts.items()]
    alone = [who == "only minicnn" and bool(c.get("quantities")) for who, c in counts.items()]
    return joined(
        [
            tag("h3", f"Who judged: Keras on {result.backend}, and those who share no code"),
            table(("Judge", "Quantities", "of them alone"), rows, alone),
        ]
    )


def _fact(what: str, count: int) -> Html:
    return joined([tag("div", tag("dt", what), tag("dd", count))])


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
    x = Scale(SMALLEST, high, 44, 392, True)
    y = Scale(SMALLEST, high, 348, 12, True)
    ticks = powers(SMALLEST, high)[1:]
    marks = [
        [
            line(x(v), 12, x(v), 348, "grid"),
            line(44, y(v), 392, y(v), "grid"),
            text(x(v), 364, power(v), "middle"),
            text(38, y(v) + 4, power(v), "end"),
        ]
        for v in ticks
    ]
    dots = [
        tag(
            "circle",
            tag("title", _label(row)),
            cx=x(a),
            cy=y(b),
            r=2.2,
            class_="dot-bad" if row["wrong"] else "dot",
        )
        for a, b, row in pairs
    ]
    return picture(
        412,
        388,
        "Errors of minicnn and of Keras, case by case",
        marks,
        line(x(SMALLEST), y(SMALLEST), x(high), y(high), "guide"),
        dots,
        text(218, 384, "error of Keras", "middle", "axis"),
        tag(
            "text",
            "error of minicnn",
            text_anchor="middle",
            class_="axis",
            transform="translate(10 180) rotate(-90)",
        ),
    )
