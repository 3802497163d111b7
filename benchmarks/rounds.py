"""Times candidates in rounds: in each round, every candidate runs once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.worker import Failed


class Candidate(NamedTuple):
    """A library or algorithm to be timed: `round` runs once and returns its time.

    `prepare` runs before the first round and is not counted.
    """

    round: Callable[[], float]
    prepare: Callable[[], object] = lambda: None


@dataclass
class Measurement:
    """The times (or memory) of the candidates for one task, a number for each round."""

    section: str
    subject: str
    unit: str
    settings: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The text of the progress line."""
        settings = "".join(f", {name} {value}" for name, value in self.settings.items())
        return f"{self.section}: {self.subject}{settings}"


def run(
    measurement: Measurement,
    candidates: dict[str, Candidate],
    rounds: int,
    tell: Callable[[str], object] = lambda doing: None,
) -> None:
    """Run the rounds and fill in the measurement. A candidate that fails once is left out.

    Each round begins with another candidate, so that none always runs after the same one.
    """
    running = list(candidates)
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
        attempt(name, candidates[name].prepare)
    for number in range(rounds):
        tell(f"{measurement.title}: round {number + 1} of {rounds}")
        first = number % max(1, len(running))
        for name in running[first:] + running[:first]:
            seconds = attempt(name, candidates[name].round)
            if seconds is not None:
                samples[name].append(seconds)
    measurement.samples = {name: samples[name] for name in running}
