"""Runs cases with a planted bug in minicnn, and says which of them detect it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from compare import parity
from compare.cases.case import Case
from compare.mutants import weaker_checks
from compare.mutants.planted import Bug, switched_on
from compare.parity import judge
from minicnn import config

OURS = "parity"
OTHERS = tuple(check.name for check in weaker_checks.CHECKS)


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
