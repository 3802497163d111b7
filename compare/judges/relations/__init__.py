"""Real Keras, where its own result is excused: the same quantity, computed in another way.

Runs in Keras's process. Each relation yields opinions of a case.
"""

from __future__ import annotations

from collections.abc import Iterator

from compare.cases.case import Case
from compare.judges.opinion import Opinion
from compare.judges.relations import channels_last, configuration, differences, last_axis, weights
from compare.libraries.library import Library

RELATIONS = (
    configuration.opinions,
    channels_last.opinions,
    last_axis.opinions,
    weights.opinions,
    differences.opinions,
)


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """What the relations say about the quantities of a case that Keras's own result is no judge of.

    The case has the known differences of this backend only.
    """
    excused = tuple(known.quantity for known in case.known_differences)
    for relation in RELATIONS if excused else ():
        try:
            said = list(relation(library, case, backend))
        except Exception:  # Keras cannot compute it in this way either: another judge must decide
            continue
        for opinion in said:
            found = {n: x for n, x in opinion.found.items() if n.startswith(excused)}
            if found:
                yield Opinion(opinion.judge, found, opinion.tolerance)
