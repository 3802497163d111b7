"""Computing with one of the backends for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from minicnn import config


@contextlib.contextmanager
def on_backend(name: str) -> Iterator[None]:
    """Computes with a backend inside of the block; the caller has the turn for models."""
    before = config.backend()
    config.set_backend(name)
    try:
        yield
    finally:
        config.set_backend(before)
