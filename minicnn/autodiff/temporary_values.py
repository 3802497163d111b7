"""Gives variables the values back that they had before: in any case, or after an error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.variable import Variable
from minicnn.autodiff.variable_scopes import collect_new_variables


class Snapshot:
    """The values that some variables have now.

    A variable names an immutable tensor, so this copies no array.
    """

    __slots__ = ("_values", "_variables")

    def __init__(self, variables: Iterable[Variable]):
        self._variables = [*variables]
        self._values = [variable.snapshot() for variable in self._variables]

    def restore(self) -> None:
        """Gives the variables these values again."""
        restore(zip(self._variables, self._values, strict=True))


def restore(values: Iterable[tuple[Variable, Tensor]]) -> None:
    """Gives each variable the value beside it."""
    for variable, value in values:
        variable.restore(value)


@contextlib.contextmanager
def rolled_back(variables: Iterable[Variable]) -> Iterator[None]:
    """After an exception inside, the variables have again the values of before."""
    before = Snapshot(variables)
    try:
        yield
    except BaseException:
        before.restore()
        raise


@contextlib.contextmanager
def temporary_values(variables: Iterable[Variable]) -> Iterator[None]:
    """After it, the variables have again the values of before, and new ones their first."""
    before = Snapshot(variables)
    with collect_new_variables() as new:
        try:
            yield
        finally:
            before.restore()
            restore(new)
