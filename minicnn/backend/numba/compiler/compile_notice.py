"""Says on standard error that kernels are being compiled, so that nobody takes it for a standstill.

On a terminal it is a line that counts and vanishes; elsewhere one plain line, once half a second
has gone into compiling. `config.disable_interactive_logging()` sends it to `logging` instead.

Source: numba.core.event (Numba manual, "Event API").
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from numba.core import event

from minicnn.common import configuration

PATIENCE = 0.5  # seconds
COUNTING = "minicnn: compiling kernels for this machine, once ({} begun, {:.0f} s)"
KEPT = "minicnn: compiling kernels for this machine; the next program finds them compiled."
NOT_KEPT = (
    "minicnn: compiling kernels for this machine. No folder can be written to keep them in, so "
    "every program will: set NUMBA_CACHE_DIR to one."
)
DAMAGED = "minicnn: the compiled kernel {} is not used ({}), but compiled again."
NOT_WRITTEN = (
    "minicnn: the compiled kernel {} cannot be written ({}), so the next program compiles it again."
)


class Notice(event.Listener):
    """Hears when Numba begins and ends to compile a function."""

    def __init__(self):
        self.depth = 0  # a kernel that calls another makes it be compiled in between
        self.kernels = 0
        self.seconds = 0.0
        self.start = 0.0
        self.said = False
        self.said_trouble = False

    def on_start(self, event: event.Event) -> None:
        """Say so if this is the outermost of our kernels."""
        kernel = event.data["dispatcher"]
        self.depth += 1
        if self.depth > 1 or not _is_ours(kernel):
            return
        self.kernels += 1
        self.start = time.perf_counter()
        if not configuration.is_interactive_logging_enabled():
            self._say_once(kernel, logging.getLogger("minicnn").info)
        elif _on_terminal():
            _write_over(COUNTING.format(self.kernels, self.seconds))
        elif self.seconds > PATIENCE:
            self._say_once(kernel, configuration.notify)

    def on_end(self, event: event.Event) -> None:
        """Add the time, and clear the terminal's line."""
        self.depth -= 1
        if self.depth or not _is_ours(event.data["dispatcher"]):
            return
        self.seconds += time.perf_counter() - self.start
        if configuration.is_interactive_logging_enabled() and _on_terminal():
            _write_over("")

    def say_trouble(self, message: str) -> None:
        """Say that kernels on disk cannot be read or written, once; nothing more is said then."""
        if self.said_trouble:
            return
        self.said = self.said_trouble = True
        if configuration.is_interactive_logging_enabled() and _on_terminal():
            _write_over("")
        configuration.notify(message)

    def _say_once(self, kernel: Any, say: Any) -> None:
        if not self.said:
            say(NOT_KEPT if kernel.stats.cache_path is None else KEPT)
        self.said = True


NOTICE = Notice()


def _is_ours(kernel: Any) -> bool:
    return kernel.py_func.__module__.startswith("minicnn.")


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _write_over(text: str) -> None:
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
