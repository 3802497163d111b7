"""The pages of large arrays are used again, instead of fetched from the system for each step."""

import sys

import numpy as np
import pytest

from minicnn.backend.numba.compiler.freed_memory import keep_freed_memory

PAGE = 4096


def new_pages(function):
    """How many pages the system had to provide while `function()` ran."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    function()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def fill_and_free(megabytes=40):
    np.empty(megabytes << 20, np.uint8).fill(1)


def test_freed_memory_is_used_again():
    if not keep_freed_memory():
        pytest.skip("This C library cannot be asked to keep freed memory.")
    fill_and_free()
    assert new_pages(lambda: [fill_and_free() for _ in range(5)]) < (40 << 20) / PAGE / 4


def test_elsewhere_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
