"""What a command found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


class CannotCompare(Exception):
    """A comparison that could not be made; the message is a sentence for the user."""


@dataclass
class Outcome:
    """The results of a command, and in one line what failed, if anything did."""

    results: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """What goes into the JSON file."""
        return {"passed": self.failure is None, **asdict(self)}
