"""Finds the lines and branches of the Numba backend that did not run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from compare.coverage.unreached import UNREACHED, Unreached

BACKEND = Path("minicnn/backend/numba")


class Missing(NamedTuple):
    """A line that did not run, or one after which the line `then` never came next."""

    file: str  # below `backend/numba`
    function: str
    line: int
    text: str
    then: int | None = None

    def __str__(self) -> str:
        never = ""
        if self.then is not None:
            target = f"line {self.then}" if self.then > 0 else "the end"
            never = f"  (never went on to {target})"
        return f"{self.file}:{self.line}  {self.text}{never}"


@dataclass
class FileReport:
    """What ran of a file: numbers of lines and of branches, and what did not run."""

    file: str
    lines: int
    lines_run: int
    branches: int
    branches_run: int
    missing: list[Missing]


def read(report: Path) -> list[FileReport]:
    """The files in a report of coverage.py, in the format JSON."""
    files = json.loads(report.read_text())["files"]
    return [_read_file(Path(name), content) for name, content in sorted(files.items())]


def _read_file(path: Path, content: dict[str, Any]) -> FileReport:
    source = path.read_text().splitlines()
    file = path.as_posix().partition(f"{BACKEND.as_posix()}/")[2]
    missing = []
    for function, region in content["functions"].items():
        lines = region["missing_lines"]
        missing += [Missing(file, function, n, source[n - 1].strip()) for n in lines]
        missing += [
            Missing(file, function, n, source[n - 1].strip(), then)
            for n, then in region["missing_branches"]
            if n not in lines
        ]
    found = content["summary"]
    return FileReport(
        file,
        found["num_statements"],
        found["covered_lines"],
        found["num_branches"],
        found["covered_branches"],
        sorted(missing, key=lambda each: (each.line, each.then or 0)),
    )


def listed(missing: Missing, by: str) -> bool:
    """Whether the list says why something is not reached by `by`."""
    return any(_matches(entry, missing, by) for entry in UNREACHED)


def unneeded(everything: dict[str, list[Missing]]) -> list[str]:
    """The entries of the list that match nothing that is missing, each by whom it is reached."""
    return [
        f"{entry.file}:{entry.function or entry.text or 'all'} ({by})"
        for by, missing in everything.items()
        for entry in UNREACHED
        if by in entry.by
        and not entry.sometimes
        and not any(_matches(entry, each, by) for each in missing)
    ]


def _matches(entry: Unreached, missing: Missing, by: str) -> bool:
    return (
        by in entry.by
        and missing.file.startswith(entry.file)
        and (not entry.function or f"{missing.function}.".startswith(f"{entry.function}."))
        and entry.text in missing.text
    )
