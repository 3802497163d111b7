"""Saves finished runs in a file, so that a command that was stopped can continue."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare


class FinishedRuns:
    """Results by their settings, one in each line of JSON of a file.

    Each line is written to the disk before the next run begins. If the process is killed while it
    writes, the incomplete line is ignored and that run is repeated.
    """

    def __init__(self, path: Path):
        self.path = path
        self._results: dict[str, Any] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            text = path.read_text(errors="replace")
        except OSError as error:
            raise CannotCompare(f"finished runs cannot be saved in {path}: {error}.") from None
        for line in text.splitlines():
            with contextlib.suppress(json.JSONDecodeError, KeyError, TypeError):
                run = json.loads(line)
                self._results[_key(run["settings"])] = run["result"]
        if "\n" in text and not self._results:
            raise CannotCompare(
                f"{path} exists, but has no runs of compare accuracy in it: give another --state."
            )

    def get(self, settings: dict[str, Any]) -> Any:
        """The result of the run with these settings, None if there is none."""
        return self._results.get(_key(settings))

    def add(self, settings: dict[str, Any], result: Any) -> None:
        """Save a result."""
        self._results[_key(settings)] = result
        line = json.dumps({"settings": settings, "result": result}).encode() + b"\n"
        with self.path.open("ab+", buffering=0) as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read() == b"\n" else b"\n" + line
            file.write(line)
            os.fsync(file.fileno())


def _key(settings: dict[str, Any]) -> str:
    return json.dumps(settings, sort_keys=True)
