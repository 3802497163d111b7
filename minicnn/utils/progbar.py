"""The progress line of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from minicnn.common.printing import print_msg

_BOLD = "\x1b[1m{}\x1b[0m"
_GREEN = "\x1b[32m{}\x1b[0m"
_GREY = "\x1b[37m{}\x1b[0m"

# In a log file a line is written after this many intervals (half a minute), and at the end.
_INTERVALS_PER_LOG_LINE = 600


class Progbar:
    """Prints a line with the progress of a loop, its time and the metrics.

        469/469 ━━━━━━━━━━━━━━━━━━━━ 9s 19ms/step - accuracy: 0.9712 - loss: 0.0931

    On a terminal or in a notebook the line is overwritten again and again. Elsewhere (a
    file, a pipe) whole lines are written, without colours: one at the end and one every half a
    minute.

    Args:
        target: the number of steps, None if unknown.
        width: of the bar, in characters.
        verbose: 0 (nothing), 1 (the line above) or 2 (one line at the end, without a bar).
        interval: the least time between two updates, in seconds.
        stateful_metrics: names of metrics whose last value is shown; the others are averaged over
            the steps. By default all are averaged.
        stateless_metrics: instead, the names of the metrics to average.
        unit_name: the word for a step in the line.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` and `stateless_metrics` can be given; the metrics "
                "that it does not name are of the other kind."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateful_metrics is None else set(stateful_metrics)
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._redraws = _can_redraw()
        self._sums: dict[str, tuple[Any, int]] = {}
        self._seen = 0
        self._start = time.time()
        self._first_step_end: float | None = None
        self._last_update = self._start if not self._redraws else 0.0
        self._last_length = 0

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Reports that step `current` is done.

        Args:
            current: the number of steps done.
            values: pairs of a metric's name and its value in the last step.
            finalize: whether this is the last update; by default, when the target is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._record(name, value, current, finalize)
        self._seen = current
        now = time.time()
        seconds_per_step = self._seconds_per_step(current, now)
        if self.verbose == 1:
            self._draw(current, now, seconds_per_step, finalize)
        elif self.verbose == 2 and finalize and self.target:
            elapsed = f"{now - self._start:.0f}s"
            parts = (f"{self._count(current)}", elapsed, self._speed(seconds_per_step))
            print_msg(" - ".join(parts) + self._metrics())

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Reports that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _record(self, name: str, value: Any, current: int, finalize: bool) -> None:
        if finalize or not self._is_averaged(name):
            self._sums[name] = (value, 1)
            return
        steps = max(current - self._seen, 1)
        total, count = self._sums.get(name, (0.0, 0))
        self._sums[name] = (total + np.mean(value) * steps, count + steps)

    def _is_averaged(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in (self.stateful_metrics or ())

    def _seconds_per_step(self, current: int, now: float) -> float:
        """The mean time of a step without the first one, which includes compiling."""
        if not current:
            return 0.0
        if self._first_step_end is not None and current > 1:
            seconds = (now - self._first_step_end) / (current - 1)
        else:
            seconds = (now - self._start) / current
        if current == 1:
            self._first_step_end = now
        return seconds

    def _draw(self, current: int, now: float, seconds_per_step: float, finalize: bool) -> None:
        interval = self.interval * (1 if self._redraws else _INTERVALS_PER_LOG_LINE)
        if now - self._last_update < interval and not finalize:
            return
        self._last_update = now
        remaining = self.target is not None and self.target > 0 and not finalize
        seconds = seconds_per_step * (self.target - current) if remaining else now - self._start
        clock = _clock(seconds) if remaining else f"{seconds:.0f}s"
        rest = f" {self._speed(seconds_per_step)}{self._metrics()}"
        if not self._redraws:
            print_msg(f"{self._count(current)}{self._bar(current)} {clock}{rest}")
            return
        bar = self._bar(current, _GREEN, _GREY)
        line = f"{_BOLD.format(self._count(current))}{bar} {_BOLD.format(clock)}{rest}"
        length = len(f"{self._count(current)}{self._bar(current)} {clock}{rest}")
        blanks = " " * (self._last_length - length)  # overwrites the end of a longer line
        self._last_length = length
        print_msg(f"\r{line}{blanks}", line_break=finalize)

    def _count(self, current: int) -> str:
        if not self.target:
            return f"{current:7d}/Unknown"
        return f"{current:{len(str(self.target))}d}/{self.target}"

    def _bar(self, current: int, done: str = "{}", to_do: str = "{}") -> str:
        if not self.target:
            return ""
        filled = min(int(self.width * current / self.target), self.width)
        bar = done.format("━" * filled) if filled else ""
        return f" {bar}{to_do.format('━' * (self.width - filled))}"

    def _speed(self, seconds: float) -> str:
        if seconds >= 1 or seconds == 0:
            return f"{seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f"{seconds * 1e3:.0f}ms/{self.unit_name}"
        return f"{seconds * 1e6:.0f}us/{self.unit_name}"

    def _metrics(self) -> str:
        means = {name: np.mean(total) / count for name, (total, count) in self._sums.items()}
        return "".join(
            f" - {name}: {mean:.4f}" if abs(mean) > 1e-3 else f" - {name}: {mean:.4e}"
            for name, mean in means.items()
        )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if whole > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _can_redraw() -> bool:
    """Whether printed text can be overwritten: in a terminal, a notebook, PyCharm's window."""
    if "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ:
        return True
    return hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
