"""A counter of changes to settings of layers and variables, which make recorded steps invalid."""

from __future__ import annotations


class _Counter:
    count = 0


def count_change() -> None:
    """Says that from now on a layer may compute in another way."""
    _Counter.count += 1


def number_of_changes() -> int:
    """How many changes there were."""
    return _Counter.count
