"""A line of progress with the time that is left."""

from __future__ import annotations

import threading
import time

from compare.cli import table


class Progress:
    """Counts steps of work done by several threads; the time left is judged by the time so far."""

    def __init__(self, what: str, total: int):
        self._what = what
        self._total = total
        self._done = 0
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._show("")

    def step(self, note: str = "") -> None:
        """Count one step."""
        with self._lock:
            self._done += 1
            self._show(note)

    def _show(self, note: str) -> None:
        left = ""
        if self._done:
            seconds = (time.monotonic() - self._start) / self._done * (self._total - self._done)
            left = f", {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"
        text = f"{self._what}{left} {note}"
        table.progress(self._done, self._total, text)
