"""Rows of numbers at addresses, whole vectors long: to copy one, and to set one to zero."""

from __future__ import annotations

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.machine.simd import BYTES, load, store, zero


@part
def copy_row(source, target, row):
    """Copies `row` bytes."""
    for j in range(0, row, BYTES):
        store(target + j, load(source + j))


@part
def clear_row(target, row):
    """Writes zeros to `row` bytes."""
    for j in range(0, row, BYTES):
        store(target + j, zero())
