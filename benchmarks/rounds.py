"""Rounds: all contestants do the same thing in turn, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.worker import Failed


class Contestant(NamedTuple):
    """Something that can be timed again and again; `prepare` is not counted."""

    round: Callable[[], float]
    prepare: Callable[[], object] = lambda: None


@dataclass
class Measurement:
    """What contestants needed for one thing, a number for each round."""

    section: str
    subject: str
    unit: str
    settings: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a progress line says."""
        settings = "".join(f", {name} {value}" for name, value in self.settings.items())
        return f"{self.section}: {self.subject}{settings}"


def run(
    measurement: Measurement,
    contestants: dict[str, Contestant],
    rounds: int,
    tell: Callable[[str], object] = lambda doing: None,
) -> None:
    """Fill in a measurement. Who fails once is left out.

    Each round begins with another contestant, so that none always follows the same one.
    """
    running = list(contestants)
    samples: dict[str, list[float]] = {name: [] for name in running}

    def attempt(name: str, do: Callable[[], object]) -> object:
        try:
            return do()
        except Failed as error:
            measurement.failures[name] = str(error)
            running.remove(name)
            return None

    for name in tuple(running):
        tell(f"{measurement.title}: preparing {name}")
        attempt(name, contestants[name].prepare)
    for number in range(rounds):
        tell(f"{measurement.title}: round {number + 1} of {rounds}")
        first = number % max(1, len(running))
        for name in running[first:] + running[:first]:
            seconds = attempt(name, contestants[name].round)
            if seconds is not None:
                samples[name].append(seconds)
    measurement.samples = {name: samples[name] for name in running}
