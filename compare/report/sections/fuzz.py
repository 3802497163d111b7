"""The section on random networks: counts, and the networks closest to their limit as programs."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import folded, number, section, verdict
from compare.report.results import Result


def render(results: list[Result]) -> Html:
    """The counts, then the worst networks."""
    return section(
        "fuzz",
        "Random networks",
        tag(
            "p",
            "Random networks, small ones with branches and wide ones with large batches: their "
            "outputs and gradients, and each change of a weight while they are trained, evaluated, "
            "frozen, saved and loaded. Below are those that differ and those with errors closest "
            "to what float32 explains, each as a program that runs with Keras and with minicnn.",
        ),
        [_search(result) for result in results],
    )


def _search(result: Result) -> Html:
    counts = {k: v for k, v in result.summary.items() if k not in ("networks", "seed")}
    words = ", ".join(f"{count} {what}" for what, count in counts.items())
    drawn = result.summary.get("networks", 0)
    return tag(
        "div",
        tag(
            "p",
            verdict(result.passed, "none differs" if result.passed else "a network differs"),
            f" of {drawn} on {result.backend}: {words} (seed {result.summary.get('seed')}).",
        ),
        [_case(case) for case in result.results],
    )


def _case(case: dict[str, Any]) -> Html:
    ours, keras = ((case.get(who) or [None])[0] for who in ("ours", "keras"))
    title = tag(
        "span",
        verdict(not case.get("wrong")),
        f" {case.get('network', '')}",
        tag(
            "small",
            case.get("wrong")
            or f"{case.get('quantity')}: minicnn {number(ours)}, "
            f"Keras {number(keras)}, explained {number(case.get('limit'))}",
        ),
    )
    return folded(title, tag("pre", tag("code", case.get("program", ""))))
