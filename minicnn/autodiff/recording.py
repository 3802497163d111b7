"""Whether the operations of this thread leave records, from which tapes find gradients."""

from __future__ import annotations

import contextlib
import threading


class _State(threading.local):
    open_tapes = 0


_state = _State()


def is_recording() -> bool:
    """Whether operations of this thread leave records."""
    return _state.open_tapes > 0


def open_tape() -> None:
    """Says that one more tape of this thread records."""
    _state.open_tapes += 1


def close_tape() -> None:
    """Says that a tape of this thread stopped recording."""
    _state.open_tapes -= 1


@contextlib.contextmanager
def stop_recording():
    """Operations inside leave no records."""
    before = _state.open_tapes
    try:
        _state.open_tapes = 0
        yield
    finally:
        _state.open_tapes = before
