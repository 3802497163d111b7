"""The section on the user's models, layer by layer."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import section, table, verdict
from compare.report.results import Result, file_name
from compare.report.sections import sensitivity

HEADS = ("quantity", "shape", "minicnn", "Keras", "explained", "share of limit", "verdict")


def render(results: list[Result]) -> Html:
    """A table for each model."""
    return section("model", "Models", [_model(result) for result in results])


def counted(result: Result) -> str:
    """The name of the model and how much was compared."""
    return f"{file_name(result)}: {len(result.results)} quantities compared"


def _model(result: Result) -> Html:
    rows = [_row(row) for row in result.results]
    kinks = result.summary.get("kinks")
    return tag(
        "div",
        tag("h3", file_name(result)),
        tag("p", verdict(result.passed), f" {result.failure or ''}"),
        table(HEADS, rows, [bool(row.get("off")) for row in result.results]),
        tag("p", f"Within rounding of a kink, so allowed their other branch: {kinks}.")
        if kinks
        else None,
        sensitivity.part(result.summary.get("sensitivity"), "of this model"),
    )


def _row(row: dict[str, Any]) -> tuple:
    off = row.get("off") or []
    shape = " × ".join(map(str, row.get("shape", [])))
    errors = [(row.get(who) or {}).get("relative") for who in ("minicnn", "keras")]
    usual = "proves nothing" if row.get("unclear") else "holds"
    verdict = f"{' and '.join(off)} off" if off else usual
    limits = (row.get("explained"), row.get("share"))
    return (row.get("name", ""), shape, *errors, *limits, verdict)
