"""Compares random networks until one differs or enough are drawn; shrinks one that differs.

The networks are drawn in blocks of one for each theme, each with a seed of its own.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, configuration
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from compare.cases.network import Network
from compare.cli.outcome import CannotCompare
from compare.fuzz.draw_network import networks
from compare.fuzz.network_verdict import DIFFERS, HOLDS, Verdict
from compare.fuzz.program_text import in_one_line
from compare.fuzz.themes import THEMES

SHRINKING = 90.0  # seconds at most


class _Differs(AssertionError):
    """Raised inside hypothesis for a network that differs."""


class Search:
    """Searches for a network that differs. `failure` is the verdict on the smallest one found."""

    def __init__(
        self,
        examine: Callable[[Network], Verdict],
        seconds: float | None = None,
        strategies: Sequence[SearchStrategy[Network]] | None = None,
        show: Callable[[Verdict], None] = lambda verdict: None,
    ):
        self.examine = examine
        self.strategies = strategies or [networks(theme) for theme in THEMES]
        self.show = show
        self.verdicts: list[Verdict] = []
        self.failure: Verdict | None = None
        self._seconds = seconds or float("inf")
        self._end = float("inf")
        self._known: dict[str, Verdict] = {}
        self._broken: CannotCompare | None = None

    def run(self, examples: int, seed: int) -> None:
        """Examine this number of networks; stop earlier if time runs out or one differs."""
        seeds = random.Random(seed)
        for i in range(examples):
            self._draw(self.strategies[i % len(self.strategies)], seeds.randrange(2**32))
            if self._broken:
                raise self._broken
            if self.failure or self._over():
                return

    def _draw(self, strategy: SearchStrategy[Network], seed: int) -> None:
        """Draw one network and examine it; shrink it if it differs.

        Hypothesis begins with the smallest example there is, which has a 0 for `drawn`.
        """

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=2,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(st.integers(0, 2**16), strategy)
        def differs_nowhere(drawn: int, network: Network) -> None:
            if not drawn or self._over():
                return
            try:
                verdict = self._examined(network)
            except CannotCompare as error:
                self._broken = CannotCompare(f"{error} The network: {in_one_line(network)}.")
                self._end = 0.0
                return
            if self.failure and _kind(verdict) == _kind(self.failure):
                raise _Differs

        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # Hypothesis writes files, which must not be left in the user's folder; warnings about
            # drawn networks are of no use.
            configuration.set_hypothesis_home_dir(Path(folder))
            warnings.simplefilter("ignore")
            try:
                differs_nowhere()
            except Exception:
                if self.failure is None:
                    raise
            finally:
                configuration.set_hypothesis_home_dir(None)

    def _over(self) -> bool:
        return time.monotonic() > self._end

    def _examined(self, network: Network) -> Verdict:
        key = repr(network)
        if key not in self._known:
            self._known[key] = verdict = self.examine(network)
            if not self.verdicts:  # the time begins when Keras has started
                self._end = time.monotonic() + self._seconds
            if self.failure is None:
                self.verdicts.append(verdict)
                self.show(verdict)
            if verdict.what == DIFFERS:
                self._update_failure(verdict)
        return self._known[key]

    def _update_failure(self, verdict: Verdict) -> None:
        """Save the smallest failure so far. The time for shrinking begins with the first.

        A network that differs in another way than the first one is another failure: not saved.
        """
        if self.failure is None:
            self._end = time.monotonic() + SHRINKING
            self.failure = verdict
        elif _kind(verdict) == _kind(self.failure) and _size(verdict) < _size(self.failure):
            self.failure = verdict


def _kind(verdict: Verdict) -> tuple[str, str]:
    """The kind of failure, without numbers: the kind of quantity and the library that is wrong."""
    shown = verdict.shown
    if verdict.what != DIFFERS or shown is None:
        return verdict.what, ""
    return re.sub(r"\d.*", "", shown.quantity), re.sub(r"\d.*", "", shown.wrong or "")


def _size(verdict: Verdict) -> tuple[int, int]:
    return len(verdict.network.steps), len(repr(verdict.network))


def drawn(count: int, seed: int) -> list[Network]:
    """The networks that a search with this seed examines first."""
    found: list[Network] = []

    def note(network: Network) -> Verdict:
        found.append(network)
        return Verdict(network, HOLDS, [])

    Search(note).run(count, seed)
    return found
