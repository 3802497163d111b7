"""The folder `runs/mutants`: copies of the source, what was recorded, and verdicts.

What is recorded depends on the text of some files and has a digest of them in its name, so it is
used as long as they do not change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from compare.mutants.sampled.draw import Mutant, key_of
from compare.mutants.sampled.trees import ROOT
from compare.parity import stored_answers

FOLDER = ROOT / "runs" / "mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.json")
OWN = "compare/mutants/"  # what does not change what a test, a case or a network runs


def digest(parts: Iterable[str], root: Path = ROOT) -> str:
    """A digest of the text of files and folders, without this command's own files."""
    return stored_answers.digest(parts, root, leave_out=OWN)


class Verdicts:
    """The verdicts on mutants of one state of the source, kept in a file from run to run."""

    def __init__(self, path: Path):
        self._path = path
        self._found: dict[str, dict[str, Any]] = {}
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            self._found = {item["key"]: item["verdicts"] for item in map(json.loads, lines)}

    def get(self, mutant: Mutant) -> dict[str, Any] | None:
        """The stored verdicts on a mutant."""
        return self._found.get(mutant.key)

    def add(self, mutant: Mutant, verdicts: dict[str, Any]) -> None:
        """Store the verdicts on a mutant."""
        self._found[mutant.key] = verdicts
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": mutant.key, "verdicts": verdicts}) + "\n")


def equivalent() -> dict[str, str]:
    """The reason for each mutant that a person has found equivalent, by its key."""
    reasons = {}
    for entry in json.loads(EQUIVALENT.read_text(encoding="utf-8")):
        identity = {k: v for k, v in entry.items() if k not in ("reason", "changed to")}
        reasons[key_of(identity)] = entry["reason"]
    return reasons
