"""Reports on standard error that functions are being compiled, which can take seconds.

On a terminal it is a line that counts and is erased at the end; elsewhere one line, after half a
second of compiling. `config.disable_interactive_logging()` sends it to `logging` instead.

Source: numba.core.event (Numba manual, "Event API").
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from numba.core import event

from minicnn.common import configuration

SECONDS_BEFORE_NOTICE = 0.5  # seconds
COUNTING = "minicnn: compiling kernels for this machine, once ({} begun, {:.0f} s)"
CACHED = "minicnn: compiling kernels for this machine; the next program finds them compiled."
NOT_CACHED = (
    "minicnn: compiling kernels for this machine. No folder can be written to store them, so every "
    "program compiles them again: set NUMBA_CACHE_DIR to a folder that can be written."
)
DAMAGED = "minicnn: the compiled kernel {} is not used ({}), but compiled again."
NOT_WRITTEN = (
    "minicnn: the compiled kernel {} cannot be written ({}), so the next program compiles it again."
)


class Notice(event.Listener):
    """Gets events of Numba when it begins and ends to compile a function."""

    def __init__(self):
        self.depth = 0  # a kernel that calls another makes it be compiled in between
        self.kernels = 0
        self.seconds = 0.0
        self.start = 0.0
        self.reported = False
        self.reported_cache_error = False

    def on_start(self, event: event.Event) -> None:
        """Report it, if this is a function of minicnn and not compiled inside another."""
        kernel = event.data["dispatcher"]
        self.depth += 1
        if self.depth > 1 or not _is_ours(kernel):
            return
        self.kernels += 1
        self.start = time.perf_counter()
        if not configuration.is_interactive_logging_enabled():
            self._report_once(kernel, logging.getLogger("minicnn").info)
        elif _on_terminal():
            _write_over(COUNTING.format(self.kernels, self.seconds))
        elif self.seconds > SECONDS_BEFORE_NOTICE:
            self._report_once(kernel, configuration.notify)

    def on_end(self, event: event.Event) -> None:
        """Add the time, and erase the terminal's line."""
        self.depth -= 1
        if self.depth or not _is_ours(event.data["dispatcher"]):
            return
        self.seconds += time.perf_counter() - self.start
        if configuration.is_interactive_logging_enabled() and _on_terminal():
            _write_over("")

    def report_cache_error(self, message: str) -> None:
        """Report once that files on disk cannot be read or written; then report nothing more."""
        if self.reported_cache_error:
            return
        self.reported = self.reported_cache_error = True
        if configuration.is_interactive_logging_enabled() and _on_terminal():
            _write_over("")
        configuration.notify(message)

    def _report_once(self, kernel: Any, say: Any) -> None:
        if not self.reported:
            say(NOT_CACHED if kernel.stats.cache_path is None else CACHED)
        self.reported = True


NOTICE = Notice()


def _is_ours(kernel: Any) -> bool:
    return kernel.py_func.__module__.startswith("minicnn.")


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _write_over(text: str) -> None:
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
