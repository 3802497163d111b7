"""Warnings that are given once for each line of the user's program."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# The given warnings, as subject and place, and Python's filters at that time.
_given: dict[tuple[str, str, int], list] = {}


def warn_once(subject: str, message: str) -> None:
    """Warns of a subject, once for each calling line of the user's program.

    The message may differ from call to call, for example if it has values of a batch. After
    Python's warning filters were replaced (as `catch_warnings` does), the warning is given again.
    """
    frame = _outside_frame()
    place = subject, frame.f_code.co_filename, frame.f_lineno
    if _given.get(place) is warnings.filters:
        return
    _given[place] = warnings.filters
    warnings.warn_explicit(message, UserWarning, *place[1:], module=frame.f_globals.get("__name__"))


def _outside_frame() -> FrameType:
    """The innermost frame outside this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in ("", "minicnn"):  # the program of a replayed step has no name
            break
        frame = frame.f_back
    return frame
