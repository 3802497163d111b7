"""The part on judges: how many quantities of `parity` were judged by whom."""

from __future__ import annotations

from typing import Any

from compare.judges import definitions
from compare.judges.relations import (
    channels_last,
    configuration,
    differences,
    last_axis,
    weights,
)
from compare.report.charts import legend
from compare.report.html import Html, tag
from compare.report.parts import stacked, table, verdict
from compare.report.results import BACKENDS, Result

NOBODY = "only minicnn"
HEADS = ("precision", "cases", "fail", "numbers", "with Keras", "of these, Keras is within")
WORDS = {
    definitions.JUDGE: "the mathematical definition, in plain NumPy loops and float64",
    channels_last.JUDGE: "real Keras with the channels last, where it has no channels first",
    configuration.JUDGE: "the configuration that Keras has, with what it leaves out",
    weights.JUDGE: "the initial weights of a layer that real Keras makes but cannot call",
    last_axis.JUDGE: "real Keras with the axis moved to the end",
    differences.JUDGE: "central differences of what real Keras computes",
    NOBODY: "no one outside of minicnn: each of these fails its case",
}


def part(result: Result) -> Html | None:
    """A bar for each judge of one backend, and the table of half precision."""
    judges = result.summary.get("judges")
    if not isinstance(judges, dict):
        return None
    counts = {who: c for who, c in judges.items() if isinstance(c, dict)}
    every = result.summary.get("quantities")
    nobody = counts.get(NOBODY, {}).get("quantities", 0)
    word = "a judge outside of minicnn decided about each quantity"
    wrong = f"{nobody:,} quantities were judged by minicnn only"
    return tag(
        "div",
        tag("h3", f"Judges, with Keras on {result.backend}"),
        tag(
            "p",
            verdict(not nobody, wrong if nobody else word),
            f" ({every:,} quantities). " if every else ". ",
            "A quantity is a number or an array of a case: an output, a gradient, a state, "
            "a text of its configuration. Several may judge the same one.",
        ),
        legend(("alone", "it alone"), ("shared", "others, too")),
        tag(
            "div",
            [_bar(who, c, every or _most(counts)) for who, c in counts.items()],
            class_="bars judges",
        ),
        _half(result.summary.get("half precision") or {}),
    )


def _most(counts: dict[str, dict[str, int]]) -> int:
    return max((c.get("quantities", 0) for c in counts.values()), default=0)


def _bar(who: str, counts: dict[str, int], every: int) -> Html:
    judged, alone = counts.get("quantities", 0), counts.get("alone", 0)
    parts = {"alone": alone, "shared": judged - alone, "rest": max(every - judged, 0)}
    name = tag("span", tag("b", _usual(who)), tag("small", WORDS.get(who, _keras(who))))
    return stacked(name, parts, f"{judged:,} ({alone:,} alone)")


def _usual(who: str) -> str:
    """The name with the usual spelling of a backend."""
    start, _, backend = who.rpartition(" ")
    return f"{start} {BACKENDS[backend]}" if backend in BACKENDS else who


def _keras(who: str) -> str:
    return "real Keras, the same case" if who.startswith("Keras on") else ""


def _half(found: dict[str, dict[str, Any]]) -> Html | None:
    rows = [
        (
            name,
            *(c.get(key) for key in ("cases", "failed", "quantities")),
            *(c.get(key) for key in ("judged by Keras", "Keras within the limit")),
        )
        for name, c in found.items()
        if c.get("cases")
    ]
    if not rows:
        return None
    bad = [bool(row[2]) for row in rows]
    return tag("div", tag("h3", "Half precision, against float64"), table(HEADS, rows, bad))
