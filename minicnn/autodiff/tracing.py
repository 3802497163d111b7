"""Hooks that report kernel calls to the open recording, if any (see `minicnn/replay`)."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


class _Open(threading.local):
    recording: Any = None


_open = _Open()


def set_open_recording(recording: Any) -> Any:
    """Reports go to this recording from now on, in this thread. Returns the one before."""
    before, _open.recording = _open.recording, recording
    return before


def traced(function: Callable, *arguments: Any, **settings: Any) -> Any:
    """`function(*arguments, **settings)`, reported to the open recording.

    The function takes and gives arrays, and always does the same with them.
    """
    result = function(*arguments, **settings)
    if _open.recording is not None:
        _open.recording.add_call(function, arguments, settings, result)
    return result


def report_values_read() -> None:
    """Python reads the values of a tensor, and what it does next may depend on them."""
    if _open.recording is not None:
        _open.recording.obstacle = "Python looks at the values of a tensor"


def recorded_as_one_call(method: Callable[..., None]) -> Callable[..., None]:
    """Makes a method one call in recordings (a decorator): what it does inside is not recorded.

    A replayed step calls the method again, which may do something else then. The method returns
    nothing, and changes nothing but variables.
    """

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **settings: Any) -> None:
        if _open.recording is None:
            method(self, *arguments, **settings)
            return
        with _open.recording.one_call(self, method.__name__, arguments, settings):
            method(self, *arguments, **settings)

    return call
