"""Real Keras on the installed backends other than the chosen one, where that one is excused."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence

from compare.cases.case import Case
from compare.judges.opinion import Opinion
from compare.libraries import EXTRAS, worker


def opinions(cases: Sequence[Case], chosen: str) -> dict[tuple[str, str], list[Opinion]]:
    """The opinions of the other backends by the kind and label of the cases.

    Only cases of which a quantity is excused on the chosen backend are run.
    """
    excused = [case for case in cases if case.on(chosen).known_differences]
    found: dict[tuple[str, str], list[Opinion]] = {(c.kind, c.label): [] for c in excused}
    for backend in _installed(chosen) if excused else ():
        own = [case.on(backend) for case in excused]
        answers = worker.in_keras(backend, "compare.parity:keras_results", own, backend)
        for case, answer in zip(own, answers, strict=True):
            found[case.kind, case.label] += _of(case, answer.found, backend)
    return found


def _installed(chosen: str) -> Iterator[str]:
    return (b for b in EXTRAS if b != chosen and importlib.util.find_spec(b) is not None)


def _of(case: Case, found: dict | str, backend: str) -> list[Opinion]:
    """What a backend says about the quantities that are not excused on it, too."""
    if isinstance(found, str):
        return []
    excused = tuple(known.quantity for known in case.known_differences)
    said = {name: x for name, x in found.items() if not (excused and name.startswith(excused))}
    return [Opinion(f"Keras on {backend}", said, None)] if said else []
