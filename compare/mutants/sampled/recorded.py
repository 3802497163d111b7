"""Which tests, cases and networks run which lines: recorded once for each state of the source.

The files of tests run in groups, each in a process of its own, with coverage.py, which stores the
lines of each test. Lines of compiled kernels are not seen; so the kernels that each test calls are
stored too, and `kernel_calls.py` says which functions are part of them. A group that is complete is
not recorded again, so an interrupted recording continues.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coverage import CoverageData

from compare.cli.outcome import CannotCompare
from compare.mutants.sampled import kernel_calls
from compare.mutants.sampled.draw import Mutant
from compare.mutants.sampled.places import Place
from compare.mutants.sampled.scopes import lines_of
from compare.mutants.sampled.servers import JOBS, Server

FILES_PER_GROUP = 6
LONGEST_TEST = 300.0
LONGEST_GROUP = 3600.0


class Runner(NamedTuple):
    """A test, case or network that runs a place, and the seconds that it takes without a mutant."""

    name: str
    seconds: float


class Recorded:
    """The recorded groups of one kind: tests, or cases and networks."""

    def __init__(self, tree: Path, folder: Path, groups: Sequence[str]):
        self._tree = tree
        self._data = [CoverageData(str(folder / f"{group}.coverage")) for group in groups]
        for data in self._data:
            data.read()
        notes = [json.loads((folder / f"{group}.json").read_text()) for group in groups]
        self.notes: dict[str, Any] = {name: note for part in notes for name, note in part.items()}

    def runners(self, mutant: Mutant) -> list[Runner]:
        """What runs the mutant's place, and passes without it."""
        return [
            Runner(name, self.notes[name]["seconds"])
            for name in sorted(self._names(mutant.file, mutant.place))
            if self.notes.get(name, {}).get("passed")
        ]

    def _names(self, file: str, place: Place) -> set[str]:
        source = (self._tree / file).read_text(encoding="utf-8")
        names = self._with_lines(file, lines_of(source, place))
        if file.startswith("minicnn/backend/numba/"):
            kernels = kernel_calls.kernels_with(self._tree, file, place)
            names |= {n for n, note in self.notes.items() if kernels & set(note["kernels"])}
        return names

    def _with_lines(self, file: str, lines: Iterable[int]) -> set[str]:
        wanted, names = set(lines), set()
        for data in self._data:
            contexts = data.contexts_by_lineno(file)
            names |= {n for line in wanted & contexts.keys() for n in contexts[line]}
        return names - {""}


def groups_of_tests(tree: Path) -> dict[str, list[str]]:
    """The files of tests, and those with examples that are run, in groups by name."""
    files = sorted(p.relative_to(tree).as_posix() for p in (tree / "tests").rglob("test_*.py"))
    examples = sorted(
        path.relative_to(tree).as_posix()
        for path in (tree / "minicnn").rglob("*.py")
        if ">>>" in path.read_text(encoding="utf-8")
    )
    folders: dict[str, list[str]] = {"minicnn": examples}
    for file in files:
        folders.setdefault(file.rpartition("/")[0], []).append(file)
    return {
        f"{folder.replace('/', '.')}.{i // size}": files[i : i + size]
        for folder, files in folders.items()
        for size in [len(examples) if files is examples else FILES_PER_GROUP]
        for i in range(0, len(files), size)
    }


def is_recorded(folder: Path, group: str) -> bool:
    """Whether a group is complete; the notes are written last."""
    return (folder / f"{group}.json").exists()


def record(
    server: Server,
    tree: Path,
    folder: Path,
    group: str,
    function: str,
    arguments: dict[str, Any],
    seen: Callable[[], None] = lambda: None,
) -> None:
    """Record a group of tests (`record_tests`) or all cases and networks (`record_items`)."""
    data, notes = folder / f"{group}.coverage", folder / f"{group}.json"
    data.unlink(missing_ok=True)
    arguments = arguments | {"data": str(data), "notes": str(notes)}
    for event in server.run(JOBS + function, tree, arguments, LONGEST_GROUP, LONGEST_TEST):
        if event["event"] == "item":
            seen()
        if event["event"] in ("failed", "late", "stuck"):
            why = event.get("why", f"nothing happened for {LONGEST_TEST:.0f} s")
            raise CannotCompare(f"{group} cannot be recorded: {why}.")
    if not is_recorded(folder, group):
        raise CannotCompare(f"{group} cannot be recorded: its process ended early.")
