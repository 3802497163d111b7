"""Which functions of the NumPy backend compute the example of a page."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from minicnn.backend import kernels
from minicnn.backend.numpy import random
from minicnn.studio.backends import on_backend
from minicnn.studio.lessons.examples import example
from minicnn.studio.lessons.small_models import draws_numbers
from minicnn.studio.lessons.topics import Topic

_found: dict[tuple[str, type], list[Callable]] = {}


def kernels_of(topic: Topic) -> list[Callable]:
    """The kernels that run, forward and backward, without those that are NumPy's own.

    Those that draw random numbers are left out where they draw the first weights. The backend keeps
    each function that was looked up since it was chosen.
    """
    key = (topic.name, topic.cls)
    if key not in _found:
        with on_backend("numpy"):
            kernels.clear_cache()
            try:
                example(topic, {}, {})
            except ValueError:
                return []
            used = list(vars(kernels).values())
        silent = () if draws_numbers(topic) else (random.__name__,)
        _found[key] = [f for f in used if _is_ours(f) and f.__module__ not in silent]
    return _found[key]


def _is_ours(function: Callable) -> bool:
    if not inspect.isfunction(function) or "<locals>" in function.__qualname__:
        return False
    return function.__module__.startswith("minicnn.backend.numpy")
