"""Judges a mutant: runs what runs its place, the nearest and fastest first, until something fails.

What fails must pass on the source without the mutant, run alone right after, and fail with it once
more; otherwise it proves nothing and the next is tried. A mutant that runs too long, ends the
process or cannot be imported is killed, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare
from compare.mutants.sampled.draw import Mutant
from compare.mutants.sampled.recorded import Runner
from compare.mutants.sampled.servers import JOBS, Event, Server

FIRST = 12  # so many are run first, in a process of their own: most mutants end there
LIMIT = 300.0  # seconds for each judge and mutant
ALLOWANCE = 60.0  # seconds that an item may take, besides a multiple of its time: imports
COMPILING = 120.0  # seconds more, for a mutant in kernels
MULTIPLE = 20
ALONE = 240.0  # seconds for an item alone


@dataclass
class Judge:
    """A judge: `tests` or `parity + fuzz`.

    Attributes:
        function: the function of `jobs` that runs its items.
        arguments: its arguments.
    """

    name: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class Verdict:
    """The verdict of a judge on a mutant.

    Attributes:
        killed: whether something fails.
        by: what fails.
        why: how.
        run: how many items were run, of `of`.
    """

    killed: bool
    by: str = ""
    why: str = ""
    run: int = 0
    of: int = 0


class Judging:
    """Judges mutants with one server. `passing` are items known to pass without a mutant."""

    def __init__(self, server: Server, first_copy: Path, limit: float = LIMIT):
        self._server = server
        self._first_copy = first_copy
        self._limit = limit
        self._passing: dict[str, bool] = {}

    def verdict(
        self, judge: Judge, mutant: Mutant, tree: Path, runners: Sequence[Runner]
    ) -> Verdict:
        """Run the items of a judge on a copy with the mutant."""
        waiting = ordered(mutant, runners)
        verdict = Verdict(False, of=len(waiting), why="" if waiting else "nothing runs it")
        seconds = self._limit
        stages = [waiting[:FIRST], waiting[FIRST:]]
        while stages and seconds > 0:
            stage = stages.pop(0)
            if not stage:
                continue
            found = self._run(judge, mutant, tree, stage, seconds)
            verdict.run += len(found.begun)
            seconds -= found.seconds
            if found.why and not found.by and not self._passes(judge, stage[0].name):
                raise CannotCompare(f"{judge.name} cannot run without a mutant: {found.why}.")
            if found.by and not self._is_proof(judge, tree, found):
                left = [r for r in stage if r.name not in found.begun]
                stages.insert(0, left)
            elif found.why:
                return Verdict(True, found.by, found.why, verdict.run, verdict.of)
        if stages or seconds <= 0:
            verdict.why = f"ended after {self._limit:.0f} s"
        return verdict

    def _run(
        self, judge: Judge, mutant: Mutant, tree: Path, stage: Sequence[Runner], limit: float
    ) -> Found:
        each = ALLOWANCE + MULTIPLE * max(r.seconds for r in stage)
        if mutant.file.startswith("minicnn/backend/numba/"):
            each += COMPILING
        arguments = judge.arguments | {"items": [r.name for r in stage]}
        found = Found()
        for event in self._server.run(JOBS + judge.function, tree, arguments, limit, each):
            found.add(event)
        return found

    def _is_proof(self, judge: Judge, tree: Path, found: Found) -> bool:
        """Whether an item that failed fails because of the mutant."""
        if not self._passes(judge, found.by):
            return False
        return not found.failed or bool(self._alone(judge, tree, found.by).why)

    def _passes(self, judge: Judge, name: str) -> bool:
        """Whether an item passes on the source without a mutant."""
        if name not in self._passing:
            found = self._alone(judge, self._first_copy, name)
            self._passing[name] = not found.why and not found.late
        return self._passing[name]

    def _alone(self, judge: Judge, tree: Path, name: str) -> Found:
        function, arguments = JOBS + judge.function, judge.arguments | {"items": [name]}
        found = Found()
        for event in self._server.run(function, tree, arguments, ALONE, ALONE):
            found.add(event)
        return found


class Found:
    """What the events of a job say: `why` is not empty if the mutant is killed, `by` an item.

    `failed` is set if the item failed, and not only ran too long or ended the process.
    """

    def __init__(self) -> None:
        self.failed = False
        self.begun: list[str] = []
        self.by = self.why = ""
        self.late = False
        self.seconds = 0.0

    def add(self, event: Event) -> None:
        """Read one event."""
        kind = event["event"]
        if kind == "item":
            self.begun.append(event["name"])
        elif kind == "wrong":
            self.by, self.why, self.failed = event["name"], event["why"], True
        elif kind in ("unusable", "failed"):
            self.why = event["why"]
        elif kind == "late":
            self.late = True
        elif kind == "stuck" and not self.why:
            self.by, self.why = self._last(), "runs much longer than without the mutant"
        elif kind == "ended" and event["status"] < 0 and not self.why:
            self.by, self.why = self._last(), f"the process ends by signal {-event['status']}"
        self.seconds = event.get("seconds", self.seconds)

    def _last(self) -> str:
        return self.begun[-1] if self.begun else ""


def ordered(mutant: Mutant, runners: Sequence[Runner]) -> list[Runner]:
    """Near ones first, then fast ones; at most two samples of one parametrized test at a time."""
    near = sorted(runners, key=lambda r: (-_nearness(mutant, r.name), r.seconds, r.name))
    samples: Counter[str] = Counter()
    rounds = {}
    for runner in near:
        test = re.split(r"[\[(]", runner.name)[0]
        rounds[runner.name] = samples[test] // 2
        samples[test] += 1
    return sorted(near, key=lambda r: rounds[r.name])


def _nearness(mutant: Mutant, name: str) -> int:
    """How many folders the test shares with the mutant, and whether it has a name of its place."""
    *folders, _ = mutant.file.removeprefix("minicnn/").split("/")
    shared = 0
    for a, b in zip(folders, name.split("/")[1:], strict=False):
        if a != b:
            break
        shared += 1
    return shared + 2 * any(word in name.lower() for word in words_of(mutant))


def words_of(mutant: Mutant) -> list[str]:
    """The names of a mutant's file, class and function, as they may be in names of tests."""
    names = {Path(mutant.file).stem, *mutant.place.function.split(".")}
    names -= {"__init__", "__call__", "call", "update_state", "compute_output_spec", ""}
    return sorted(name.strip("_").lower() for name in names)
