"""Logs that are computed when they are read, since training loops read only some of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from minicnn.common.session import temporarily


class _State(threading.local):
    later = False


_state = _State()


def logs_later(step: Callable, data: Any) -> Callable[[], dict[str, Any]]:
    """Executes a step; instead of its logs it returns a function that computes them."""
    with temporarily(_state, later=True):
        return step(data)


def now_or_later(logs: Callable[[], dict[str, Any]]) -> Any:
    """`logs()`; inside `logs_later`, the function itself."""
    return logs if _state.later else logs()
