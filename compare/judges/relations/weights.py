"""The weights of a layer that is built but not called, where Keras cannot compute the call."""

from __future__ import annotations

from collections.abc import Iterator

from compare.cases.case import Case
from compare.cases.kinds.layers import initial_and_constrained, make
from compare.cases.kinds.shared import DifferentiableInputs
from compare.judges.opinion import Opinion
from compare.libraries.library import Library

JUDGE = "Keras, not called"


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """The first values of a layer's weights, and those that its constraints make."""
    if case.kind != "layers" or not case.inputs:
        return
    with library.shared_random_numbers():
        layer = make(library, case)
        layer.build(DifferentiableInputs(library, case).arrays[0].shape)
        yield Opinion(JUDGE, initial_and_constrained(library, case, layer), None)
