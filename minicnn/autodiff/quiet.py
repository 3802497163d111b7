"""NaN and infinity are results like any other, as in Keras: NumPy shall not warn of them."""

from __future__ import annotations

import threading

import numpy as np


class _State(threading.local):
    depth = 0
    errors: np.errstate | None = None


_state = _State()


class quiet:
    """Inside, NumPy says nothing of overflows, divisions by zero and invalid numbers.

    Entering costs next to nothing if it is quiet already.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        if not _state.depth:
            _state.errors = np.errstate(all="ignore")
            _state.errors.__enter__()
        _state.depth += 1

    def __exit__(self, *exception) -> None:
        _state.depth -= 1
        if not _state.depth:
            _state.errors.__exit__(*exception)
