"""Prints a row for each network as soon as it is compared, in 120 columns."""

from __future__ import annotations

import os
import sys

from compare.cli.table import progress, shown, width
from compare.fuzz.network_verdict import DIFFERS, HOLDS, Verdict
from compare.fuzz.program_text import in_one_line

WIDTHS = (14, 39, 30, 8, 8, 8)


def _line(cells: tuple, verdict: str) -> str:
    texts = [_cut(shown(cell), w) for cell, w in zip(cells, WIDTHS, strict=True)]
    padded = [text + " " * (w - width(text)) for text, w in zip(texts, WIDTHS, strict=True)]
    return " ".join([*padded, verdict])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


HEAD = _line(("theme", "network", "worst quantity", "minicnn", "Keras", "explains"), "verdict")


def show(verdict: Verdict) -> None:
    """Print the row of a network."""
    finding = verdict.shown
    ours, keras = (finding.ours, finding.keras) if finding else (None, None)
    cells = (
        verdict.network.theme,
        in_one_line(verdict.network),
        finding.quantity if finding else "",
        ours and ours.relative,
        keras and keras.relative,
        (finding and float(finding.limit)) or None,
    )
    progress(1, 1, "")
    line = _line(cells, verdict.what if verdict.what in (HOLDS, DIFFERS) else "unclear")
    bad = verdict.what == DIFFERS and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(f"\033[31;1m{line}\033[0m" if bad else line, flush=True)
    if finding and finding.wrong:
        print(f"  {finding.quantity}: {finding.wrong}", flush=True)
    elif verdict.note:
        print(f"  {verdict.what}: {verdict.note.splitlines()[0][:100]}", flush=True)
