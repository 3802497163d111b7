"""The section on programs that were run on both libraries."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import folded, section, table, verdict
from compare.report.results import Result

HEADS = ("value", "minicnn", "Keras", "difference")


def render(results: list[Result]) -> Html:
    """The printed results and the training of each program."""
    return section("script", "Programs", [_program(result) for result in results])


def _program(result: Result) -> Html:
    bad = [not row.get("holds") for row in result.results]
    name = result.summary.get("file", result.options.get("file", result.file))
    title = tag(
        "span",
        verdict(result.passed),
        f" {str(name).rpartition('/')[2]}",
        tag("small", result.failure or f"{len(bad)} values compared"),
    )
    return folded(title, table(HEADS, [_row(row) for row in result.results], bad))


def _row(row: dict[str, Any]) -> tuple:
    return (
        row.get("what", ""),
        str(row.get("minicnn")),
        str(row.get("keras")),
        row.get("difference"),
    )
