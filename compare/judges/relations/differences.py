"""Gradients by central differences of Keras's own values, where only its gradient is excused."""

from __future__ import annotations

from collections.abc import Iterator

from compare.cases import kinds
from compare.cases.case import Case
from compare.judges.differences import ByDifferences
from compare.judges.opinion import Opinion
from compare.judges.relations.double import HAVE_DOUBLE, in_double
from compare.libraries.library import Library

JUDGE = "differences of Keras"
LINEAR = (
    "layers.RandomPerspective",
    "layers.RandomRotation",
    "layers.RandomShear",
    "layers.RandomTranslation",
    "layers.RandomZoom",
    "ops.image.affine_transform",
    "ops.image.perspective_transform",
)
SINGLE = 1e-6  # sums of rounding errors in float32, relative to the sums of the sizes


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """The derivatives of the values, which are judged by Keras itself."""
    gradients_only = all("gradient" in known.quantity for known in case.known_differences)
    if not gradients_only or case.held_constant:
        return
    if f"{case.kind}.{case.name}" in LINEAR:
        single = type("Single", (ByLongDifferences, type(library)), {})()
        yield Opinion(JUDGE, kinds.run(single, case), SINGLE)
    elif backend in HAVE_DOUBLE:
        with in_double(library, ByDifferences) as double:
            yield Opinion(JUDGE, kinds.run(double, case))


class ByLongDifferences(ByDifferences):
    """Central differences with long steps: exact for linear functions, in float32, too."""

    steps = (0.5, 1.0)
