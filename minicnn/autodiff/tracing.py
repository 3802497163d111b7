"""What is computed may be noted: by whom, only `transcript.py` knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class _Open(threading.local):
    transcript: Any = None


_open = _Open()


def set_open_transcript(transcript: Any) -> Any:
    """Everything of this thread is noted in it from now on. Returns the one before."""
    before, _open.transcript = _open.transcript, transcript
    return before


def noted(function: Callable, *arguments: Any, **settings: Any) -> Any:
    """`function(*arguments, **settings)`, noted if a transcript is being written.

    The function takes and gives arrays, and always does the same with them.
    """
    result = function(*arguments, **settings)
    if _open.transcript is not None:
        _open.transcript.note(function, arguments, settings, result)
    return result


def note_reading() -> None:
    """Python looks at the values of a tensor, and may act on them."""
    if _open.transcript is not None:
        _open.transcript.why_not = "Python looks at the values of a tensor"


class Changes:
    """Counts what may change how a layer computes: attributes, what is trained."""

    count = 0


def note_change() -> None:
    """What was noted until now may be computed in another way from now on."""
    Changes.count += 1


def changes() -> int:
    """How many changes there were."""
    return Changes.count
