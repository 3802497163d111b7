"""Speed and memory, of whatever `benchmarks/` has measured."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import section
from compare.report.results import Result


def render(results: list[Result]) -> Html:
    """Bars for each measurement."""
    return section("benchmarks", "Speed and memory", [_run(r) for r in results])


def _run(result: Result) -> Html:
    return tag("div")


def _measurement(row: dict[str, Any]) -> Html:
    return tag("div")
