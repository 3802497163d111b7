"""Times a step that is executed normally: what passes between two kernels, for its layer."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.analysis.profiling.owners import METRICS, OPTIMIZER, Owner, Owners
from minicnn.autodiff.tracing import set_open_recording


class Stopwatch:
    """Takes the place of a recording: is told of each kernel, and reads the clock.

    The time since the kernel before (of Python and of the kernel itself) belongs to its owner.

    Attributes:
        spent: seconds by owner.
        obstacle: what recordings have; not used.
    """

    obstacle: str | None = None

    def __init__(self, owners: Owners):
        self._owners = owners
        self.spent: Counter = Counter()
        self._last = 0.0

    def run(self, step: Callable, *data: Any) -> None:
        """Runs a step, and adds its times."""
        self._owners.begin_step()
        before = set_open_recording(self)
        self._last = time.perf_counter()
        try:
            step(*data)
        finally:
            set_open_recording(before)
        self._add(Owner(METRICS, "forward"))

    def _add(self, owner: Owner) -> None:
        self.spent[owner] += time.perf_counter() - self._last
        self._last = time.perf_counter()

    def add_call(self, *call: Any) -> None:
        """A kernel was called."""
        self._add(self._owners.now())

    @contextlib.contextmanager
    def one_call(self, *call: Any) -> Iterator[None]:
        """The optimizer is called."""
        self._add(Owner("sums of gradients", "backward"))
        before = set_open_recording(None)
        try:
            yield
        finally:
            set_open_recording(before)
        self._add(Owner(OPTIMIZER, "forward"))
        self._owners.after_update = True
