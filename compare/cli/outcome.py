"""The result of a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class CannotCompare(Exception):
    """A comparison that could not be run; the message is a sentence for the user."""


@dataclass
class Outcome:
    """The results of a command; `failure` says in one line what failed, None if nothing did."""

    results: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The content of the JSON file."""
        return {"passed": self.failure is None, **asdict(self)}


def failure(wrong: Sequence[str], total: int, what: str, more: str | None = None) -> str | None:
    """Says which of the cases or trainings (`what`) fail, the first three by name.

    `more` is a further reason to fail. None if there is no reason at all.
    """
    reasons = [more] if more else []
    if wrong:
        rest = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        first = f"{len(wrong)} of {total} {what} do not hold: {'; '.join(wrong[:3])}{rest}"
        reasons.insert(0, first)
    return ". ".join(reasons) + "." if reasons else None
