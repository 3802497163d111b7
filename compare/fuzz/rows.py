"""Prints a row for each network as soon as it is compared, in 120 columns."""

from __future__ import annotations

from compare.cli.table import StreamedTable, progress
from compare.fuzz.network_verdict import DIFFERS, HOLDS, Verdict
from compare.fuzz.program_text import in_one_line

COLUMNS = {"theme": 14, "network": 36, "worst quantity": 27, "minicnn": 7, "Keras": 7}
COLUMNS |= {"explains": 8, "verdict": 9}


class Rows:
    """The table of the networks."""

    def __init__(self):
        self._table = StreamedTable(COLUMNS)

    def show(self, verdict: Verdict) -> None:
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
        self._table.add((*cells, _words(verdict)), "bad" if verdict.what == DIFFERS else None)


def _words(verdict: Verdict) -> str:
    if verdict.shown and verdict.shown.wrong:
        return f"{verdict.what}: {verdict.shown.wrong}"
    if verdict.what == HOLDS or not verdict.note:
        return verdict.what
    return f"{verdict.what}: {verdict.note.splitlines()[0]}"
