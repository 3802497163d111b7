"""Whether the operations of this thread leave records, from which tapes find gradients."""

from __future__ import annotations

import contextlib
import threading


class _Tapes(threading.local):
    open = 0


tapes = _Tapes()


def is_recording() -> bool:
    """Whether operations of this thread leave records."""
    return tapes.open > 0


@contextlib.contextmanager
def stop_recording():
    """Operations inside leave no records."""
    before = tapes.open
    try:
        tapes.open = 0
        yield
    finally:
        tapes.open = before
