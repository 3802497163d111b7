"""Warnings that are given once for each place in the user's program."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_given: dict[tuple[str, str, int], list] = {}  # what was said where, and the filters at that time


def warn_once(subject: str, message: str) -> None:
    """Warns of a subject, unless the line of the user's program that led here was warned of it.

    The message may differ from call to call, as where it tells values of a batch. Where Python's
    filters of warnings were replaced since (`catch_warnings` does), the warning is given again.
    """
    frame = _outside_frame()
    place = subject, frame.f_code.co_filename, frame.f_lineno
    if _given.get(place) is warnings.filters:
        return
    _given[place] = warnings.filters
    warnings.warn_explicit(message, UserWarning, *place[1:], module=frame.f_globals.get("__name__"))


def _outside_frame() -> FrameType:
    """The innermost call that is not of this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in ("", "minicnn"):  # the program of a replayed step has no name
            break
        frame = frame.f_back
    return frame
