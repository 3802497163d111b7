"""What is raised when a gradient is wrong, or cannot be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class CannotCheck(ValueError):
    """The gradient cannot be checked as it was asked for; the text says how to mend it."""


class Diagnosis(NamedTuple):
    """What an error looks like.

    Attributes:
        kind: one of the words in `minicnn.testing.diagnosis.KINDS`.
        text: the same for a reader, with the numbers.
    """

    kind: str
    text: str


class Element(NamedTuple):
    """One wrong element of a gradient."""

    index: tuple[int, ...]
    found: float
    expected: float


@dataclass
class Mistake:
    """A wrong gradient to one input.

    Attributes:
        name: the input's name.
        what: "gradient" or "second derivative".
        worst: the elements that are furthest off, the worst first.
        wrong: how many elements are wrong, and of how many.
        diagnosis: what the error looks like; None if it looks like nothing known.
        text: the report of this input.
    """

    name: str
    what: str
    worst: Sequence[Element]
    wrong: tuple[int, int]
    diagnosis: Diagnosis | None
    text: str


class WrongGradient(AssertionError):
    """A gradient is not the derivative.

    Attributes:
        mistakes: one for each input whose gradient is wrong.
        diagnosis: that of the first mistake.
    """

    def __init__(self, text: str, mistakes: Sequence[Mistake] = ()):
        super().__init__(text)
        self.mistakes = list(mistakes)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the error of the first wrong input looks like."""
        return self.mistakes[0].diagnosis if self.mistakes else None
