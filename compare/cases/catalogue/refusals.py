"""For each class the first of its cases with inputs, with each argument set to wrong values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compare.cases.case import Case
from compare.cases.kinds.refusals import USES, trials


def refusals(cases: Iterable[Case]) -> Iterator[Case]:
    """A case for each class of these cases that has arguments to try."""
    seen = set()
    for case in cases:
        name = f"{case.kind}.{case.name}"
        if case.kind not in USES or not case.inputs or case.call or name in seen:
            continue
        seen.add(name)
        if any(True for _ in trials(name)):
            yield Case("refusals", name, case.inputs, case.settings)
