"""The section on programs that were run on both libraries."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import folded, section, table, verdict
from compare.report.results import Result, file_name

HEADS = ("value", "minicnn", "Keras", "difference")


def render(results: list[Result]) -> Html:
    """The printed results and the training of each program."""
    return section("script", "Programs", [_program(result) for result in results])


def counted(result: Result) -> str:
    """The name of the program and how much was compared."""
    return f"{file_name(result)}: {len(result.results)} values compared"


def _program(result: Result) -> Html:
    bad = [not row.get("holds") for row in result.results]
    title = tag(
        "span",
        verdict(result.passed),
        f" {file_name(result)}",
        tag("small", result.failure or f"{len(bad)} values compared"),
    )
    return folded(title, table(HEADS, [_row(row) for row in result.results], bad))


def _row(row: dict[str, Any]) -> tuple:
    return (
        row.get("what", ""),
        *(_value(row.get(who)) for who in ("minicnn", "keras")),
        row.get("difference"),
    )


def _value(value: Any) -> str:
    """A result as text; floats have six digits, as many as float32 has."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
