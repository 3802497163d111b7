"""Plants bugs in minicnn, one at a time, and tests that parity's cases detect each.

Each bug of `planted` changes lines of minicnn in memory, so that its float32 and its float64
results are both wrong, as with a real bug. Then the cases that the bug names are compared as in
`parity`, on each backend whose results the lines serve. Bugs in compiled kernels are planted in a
copy of the source, where the kernels are compiled again (`compiled_bugs.py`). A bug that no case
detects, on one of its backends, fails the command. The table also shows which of the checks that
other projects use (`weaker_checks.py`) detect the same bug with the same cases.

These bugs are examples, chosen by hand. With --sample N --seed S mutants are made mechanically
instead and drawn by the seed, and `tests` judges them too (`sampled`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from compare import parity
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.catalogue import cut_in_pieces
from compare.cli.only import chosen
from compare.cli.outcome import Outcome
from compare.cli.table import StreamedTable, paragraph, print_table, progress
from compare.libraries import EXTRAS
from compare.mutants import compiled_bugs, sampled, weaker_checks
from compare.mutants.planted import BUGS, PARTS, Bug, switched_on
from compare.parity import judge
from minicnn import config
from minicnn.cli.arguments import at_least

SUMMARY = "plant bugs in minicnn; parity's cases must catch each"
OURS = "parity"
OTHERS = tuple(check.name for check in weaker_checks.CHECKS)
COLUMNS = {"planted bug": 38, "part": 9, "backends": 11, "caught by": 11}
COLUMNS |= {**{name: len(name) for name in OTHERS}, "case": 18}
CAUGHT, MISSED = "✓", "·"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare mutants`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--only", metavar="WORD", help="only bugs with this in their description")
    parser.add_argument(
        "--sample",
        type=at_least(1),
        metavar="N",
        help="instead of the planted bugs: N mutants of the source, made mechanically",
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (default 1)")
    parser.add_argument(
        "--under",
        action="append",
        metavar="FOLDER",
        help="of a sample: only from this folder or file of minicnn, such as layers/rnn; "
        "may be given several times",
    )
    parser.add_argument(
        "--quick", action="store_true", help="of a sample: run the nearest files of tests only"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Plant each bug and report which are caught."""
    if options.sample:
        return sampled.command(options)
    bugs = chosen(BUGS, options.only, lambda bug: bug.what, "planted bug")
    everything = [case.on(options.backend) for case in catalogue.cases()]
    near = {bug: [case for case in everything if _shows(case, bug)] for bug in bugs}
    cases = {(c.kind, c.label): c for found in near.values() for c in found}
    answers = parity.keras_answers(options.backend, list(cases.values()))
    trial = Trial(dict(zip(cases, answers, strict=True)))
    table, results = StreamedTable(COLUMNS), []
    for found in _trials(trial, bugs, near):
        progress(1, 1, "")
        table.add(_row(found), None if found[OURS] else "bad")
        results.append(found)
        progress(len(results), len(bugs), "planted bugs")
    scores = _scores(results)
    alarms = [
        trial.false_alarms(case)
        for case in cases.values()
        if case.kind in weaker_checks.DIFFERENTIATED
    ]
    _print_scores(scores, alarms)
    return Outcome(results, {"bugs": len(bugs), "scores": scores}, _failure(results))


def _trials(
    trial: Trial, bugs: Sequence[Bug], near: dict[Bug, list[Case]]
) -> Iterator[dict[str, Any]]:
    """The result of each bug, those in compiled kernels last."""
    for bug in bugs:
        if not bug.is_compiled:
            yield trial.run(bug, near[bug])
    compiled = [bug for bug in bugs if bug.is_compiled]
    for bug, found in compiled_bugs.trials(compiled, lambda bug: trial.holding(near[bug])):
        yield trial.compiled(bug, near[bug], found)


def _failure(results: Sequence[dict[str, Any]]) -> str | None:
    """The bugs that were not caught, or only because they raise an error, which is no test."""
    reasons = {
        "not caught": [_missed(r) for r in results if not r[OURS]],
        "caught by an error only": [r["what"] for r in results if r["raises"]],
    }
    failures = [f"{why}: {'; '.join(bugs)}" for why, bugs in reasons.items() if bugs]
    return ". ".join(failures) + "." if failures else None


def _missed(result: dict[str, Any]) -> str:
    missed = result["missed on"]
    on = f" on {missed[0]}" if len(missed) < len(result["backends"]) else ""
    return result["what"] + on


def is_near(case: Case, bug: Bug) -> bool:
    """Whether the bug names the case."""
    return any(word in f"{case.kind}.{case.label}" for word in bug.near)


def _shows(case: Case, bug: Bug) -> bool:
    """Whether to run the case; large ones show only what happens in compiled kernels."""
    large = case.held_constant == cut_in_pieces.DENSE
    return is_near(case, bug) and (bug.is_compiled or not large)


class Trial:
    """Runs cases with planted bugs. A case or check that fails without a bug does not count.

    Args:
        keras: what Keras says about each case, by its kind and label.
    """

    def __init__(self, keras: dict[tuple[str, str], parity.Answer]):
        self._keras = keras
        self._holds: dict[tuple[str, str, str], bool] = {}
        self._false_alarms: dict[tuple[str, str], set[str]] = {}

    def run(self, bug: Bug, cases: Sequence[Case]) -> dict[str, Any]:
        """The case and the weaker checks that detect a bug."""
        before = config.backend()
        missed, others = [], set()
        case: Case | None = None
        wrong: list[judge.Finding] = []
        try:
            for backend in bug.backends:
                config.set_backend(backend)
                case, wrong = self._first(bug, cases, backend)
                missed += [backend] if case is None else []
            config.set_backend("numpy")
            others = self._others(bug, cases)
        except LookupError as error:  # the line no longer exists: counts as a bug not caught
            missed = list(bug.backends)
            print(error, file=sys.stderr)
        finally:
            config.set_backend(before)
        return result(
            bug,
            missed,
            detected_by([f.quantity for f in wrong]),
            None if case is None else f"{case.kind}.{case.label}",
            any(f.quantity == "all" for f in wrong),
            others,
        )

    def holding(self, cases: Sequence[Case]) -> list[tuple[Case, Any]]:
        """The cases that hold on the Numba backend without a bug, each with Keras's result."""
        before = config.backend()
        config.set_backend("numba")
        try:
            holding = [case for case in cases if self._holds_without_bug(case, "numba")]
        finally:
            config.set_backend(before)
        return [(case, self._keras[case.kind, case.label]) for case in holding]

    def compiled(self, bug: Bug, cases: Sequence[Case], found: dict[str, Any]) -> dict[str, Any]:
        """The result for a bug in a compiled kernel, from what `compiled_bugs` found."""
        wrong = found.get("wrong", {})
        alarms = {name for case in cases for name in self.false_alarms(case)}
        return result(
            bug,
            [] if wrong else ["numba"],
            detected_by(wrong.get("quantities", [])),
            wrong.get("case"),
            "all" in wrong.get("quantities", []) or "failed" in found,
            set(found.get("rejecting", {}).get("names", ())) - alarms,
        )

    def false_alarms(self, case: Case) -> set[str]:
        """The weaker checks that reject a case without any bug."""
        key = case.kind, case.label
        if key not in self._false_alarms:
            self._false_alarms[key] = weaker_checks.rejecting(case)
        return self._false_alarms[key]

    def _first(
        self, bug: Bug, cases: Sequence[Case], backend: str
    ) -> tuple[Case | None, list[judge.Finding]]:
        wrong_anyway: set[tuple[str, str]] = set()
        while True:
            with switched_on(bug):
                for case in cases:
                    key = case.kind, case.label
                    if key not in wrong_anyway and (wrong := self._wrong(case)):
                        break
                else:
                    return None, []
            if self._holds_without_bug(case, backend):
                return case, wrong
            wrong_anyway.add(key)

    def _others(self, bug: Bug, cases: Sequence[Case]) -> set[str]:
        """The weaker checks that detect the bug."""
        cases = [case for case in cases if case.kind in weaker_checks.DIFFERENTIATED]
        alarms = [self.false_alarms(case) for case in cases]
        detecting: set[str] = set()
        with switched_on(bug):
            for case, before in zip(cases, alarms, strict=True):
                if len(detecting) < len(OTHERS):
                    detecting |= weaker_checks.rejecting(case) - before
        return detecting

    def _wrong(self, case: Case) -> list[judge.Finding]:
        findings = parity.examine(case, self._keras[case.kind, case.label])
        return [f for f in findings if f.wrong]

    def _holds_without_bug(self, case: Case, backend: str) -> bool:
        key = case.kind, case.label, backend
        if key not in self._holds:
            self._holds[key] = not self._wrong(case)
        return self._holds[key]


def result(
    bug: Bug,
    missed: Sequence[str],
    detected_by: str | None,
    case: str | None,
    raises: bool,
    others: set[str],
) -> dict[str, Any]:
    """What is known of a bug; `missed` are the backends on which no case detects it."""
    return {
        "what": bug.what,
        "part": bug.part,
        "backends": list(bug.backends),
        "missed on": list(missed),
        OURS: None if missed else detected_by,
        "case": case,
        "raises": raises,
        **{name: name in others for name in OTHERS},
    }


def detected_by(quantities: Sequence[str]) -> str | None:
    """What caught the bug: central differences, the comparison with Keras, or both."""
    by_differences = any(quantity == "gradients in float64" for quantity in quantities)
    by_keras = any(quantity != "gradients in float64" for quantity in quantities)
    return " and ".join(["differences"] * by_differences + ["Keras"] * by_keras) or None


def _row(result: dict[str, Any]) -> list[str]:
    marks = [CAUGHT if result[name] else MISSED for name in OTHERS]
    case, backends = result["case"] or "", " ".join(result["backends"])
    return [result["what"], result["part"], backends, result[OURS] or MISSED, *marks, case]


def _scores(results: Sequence[dict[str, Any]]) -> dict[str, dict[str, list[int]]]:
    """For each check and part (`all`: all parts), how many bugs it caught, of how many."""
    parts = [p for p in PARTS if any(r["part"] == p for r in results)]
    return {
        name: {
            part: [sum(bool(r[name]) for r in of), len(of)]
            for part in (*parts, "all")
            for of in [[r for r in results if part in (r["part"], "all")]]
        }
        for name in (OURS, *OTHERS)
    }


def _print_scores(scores: dict[str, dict[str, list[int]]], alarms: Sequence[set[str]]) -> None:
    counted = Counter(name for case in alarms for name in case)
    heads = ["caught", *scores[OURS], "rejects right code"]
    rows = []
    for name, parts in scores.items():
        rejected = f"{counted[name]} of {len(alarms)} cases" if name != OURS else "never"
        rows.append([name, *(f"{caught} of {n}" for caught, n in parts.values()), rejected])
    print()
    print_table(heads, rows, ["good"])
    print(f"\n{OURS}: all outputs, states and gradients, against Keras and float64.")
    for check in weaker_checks.CHECKS:
        print(paragraph(f"{check.name}: {check.explanation}."))
    caught, bugs = scores[OURS]["all"]
    print(f"\n{caught} of {bugs} planted bugs are caught: {100 * caught / bugs:.0f} %.")
