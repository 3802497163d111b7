"""Draws networks until one differs, then shrinks it, or until enough are drawn."""

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

from compare.fuzz.drawing import networks
from compare.fuzz.judging import DIFFERS, Verdict
from compare.fuzz.network import Network
from compare.fuzz.text import described
from compare.outcome import CannotCompare

BATCH = 50
SHRINKING = 90.0  # seconds at most


class _Differs(AssertionError):
    """What hypothesis is told of a network that differs."""


class Search:
    """The verdicts on the networks of one search; `failure` is the smallest that differs."""

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
        """Examine so many networks, fewer if time runs out or one differs.

        Hypothesis runs in batches, as each begins with small networks, and none is examined twice.
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
                self._broken = CannotCompare(f"{error} The network: {described(network)}.")
                self._end = 0.0
                return
            if self.failure and _kind(verdict) == _kind(self.failure):
                raise _Differs

        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # Hypothesis keeps notes of its own, which are no business of the user's folder; and
            # what is odd about a drawn network is no news.
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
            if not self.verdicts:  # the clock starts once Keras has
                self._end = time.monotonic() + self._seconds
            if self.failure is None:
                self.verdicts.append(verdict)
            if verdict.what == DIFFERS:
                self._keep(verdict)
        return self._known[key]

    def _keep(self, verdict: Verdict) -> None:
        """The smallest so far. With the first, the time for shrinking begins.

        What differs in another way than the first did is another failure, and not kept.
        """
        if self.failure is None:
            self._end = time.monotonic() + SHRINKING
            self.failure = verdict
        elif _kind(verdict) == _kind(self.failure) and _size(verdict) < _size(self.failure):
            self.failure = verdict


def _kind(verdict: Verdict) -> tuple[str, str]:
    """What is wrong, without numbers: of a gradient, say, and who of the two is off."""
    shown = verdict.shown
    if verdict.what != DIFFERS or shown is None:
        return verdict.what, ""
    return re.sub(r"\d.*", "", shown.quantity), re.sub(r"\d.*", "", shown.wrong or "")


def _size(verdict: Verdict) -> tuple[int, int]:
    return len(verdict.network.steps), len(repr(verdict.network))
