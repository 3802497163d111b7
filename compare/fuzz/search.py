"""Compares random networks until one differs or enough are drawn; shrinks one that differs."""

from __future__ import annotations

import random
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, configuration
from hypothesis.strategies import SearchStrategy

from compare.cases.network import Network
from compare.cli.outcome import CannotCompare
from compare.fuzz.draw_network import networks
from compare.fuzz.network_verdict import DIFFERS, Verdict
from compare.fuzz.program_text import in_one_line

BATCH = 50
SHRINKING = 90.0  # seconds at most


class _Differs(AssertionError):
    """Raised inside hypothesis for a network that differs."""


class Search:
    """Searches for a network that differs. `failure` is the verdict on the smallest one found."""

    def __init__(
        self,
        examine: Callable[[Network], Verdict],
        seconds: float | None = None,
        strategy: SearchStrategy[Network] | None = None,
    ):
        self.examine = examine
        self.strategy = strategy or networks()
        self.verdicts: list[Verdict] = []
        self.failure: Verdict | None = None
        self._wanted = 0
        self._seconds = seconds or float("inf")
        self._end = float("inf")
        self._known: dict[str, Verdict] = {}
        self._broken: CannotCompare | None = None

    def run(self, examples: int, seed: int) -> None:
        """Examine this number of networks; stop earlier if time runs out or one differs.

        Hypothesis runs in batches, as each batch begins with small networks. No network is examined
        twice.
        """
        self._wanted = examples
        numbers, before = random.Random(seed), -1
        while before < len(self.verdicts) < examples and not self.failure and not self._over():
            before = len(self.verdicts)
            self._batch(numbers.randrange(2**32))
        if self._broken:
            raise self._broken

    def _batch(self, seed: int) -> None:
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=min(BATCH, max(10, self._wanted - len(self.verdicts))),
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(self.strategy)
        def differs_nowhere(network: Network) -> None:
            if self._over() or (len(self.verdicts) >= self._wanted and not self.failure):
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
