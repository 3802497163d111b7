"""How kernels are compiled: lazily, without the interpreter's lock, and kept on disk."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numba
import numpy as np
from numba.core import event

from minicnn.backend.numba.memory import keep_freed_memory
from minicnn.backend.numba.notice import Notice
from minicnn.backend.numba.sources import source_version

# Multiplications and additions may be fused, which only loses a rounding. Nothing may be reordered:
# `(x - largest) - logarithm` would become `x - (largest + logarithm)`, which cancels.
FAST_MATH = {"contract"}
SETTINGS = {"nogil": True, "fastmath": FAST_MATH, "error_model": "numpy"}
FLOATS = (np.dtype("float32"), np.dtype("float64"))

event.register("numba:compile", Notice())
keep_freed_memory()


def compiled(function: Callable) -> Callable:
    """Compile `function` when it is first called, once for each combination of argument types.

    Kernels release the interpreter's lock, so that `threads.for_chunks` can run them in parallel.
    Numba keeps the machine code beside the source, else in the user's cache folder (or in
    NUMBA_CACHE_DIR); where neither can be written, in a folder for temporary files; else nowhere.

    A kernel may call others, in its file or another: it is compiled again when one of the files
    that it depends on has a new text (see sources.py).
    """
    for prepare in (_keep_cache_folder, _use_temporary_cache_folder):
        try:
            with _restored_cache_folder():
                prepare()
                kernel = numba.njit(cache=True, **SETTINGS)(function)
            return _depend_on_sources(kernel)
        except (RuntimeError, OSError):  # Numba found no folder that it can write
            continue
    return numba.njit(**SETTINGS)(function)


def inlined(function: Callable) -> Callable:
    """A part of kernels, whose instructions are repeated in each kernel that calls it.

    That keeps the vectors it takes and returns in registers, where the compiler would otherwise
    find it too large for that. It is kept on disk within the kernels only.
    """
    return numba.njit(forceinline=True, **SETTINGS)(function)


def _depend_on_sources(kernel: Callable) -> Callable:
    """Let Numba compare the texts of files instead of the time stamp of one."""
    if file := getattr(kernel._cache, "_cache_file", None):
        file._source_stamp = source_version(kernel.py_func.__code__.co_filename)
    return kernel


@contextmanager
def _restored_cache_folder() -> Iterator[None]:
    """Give Numba's own setting back, which other programs' functions go by."""
    before = numba.config.CACHE_DIR
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def same_float(*arrays: np.ndarray) -> bool:
    """Whether the arrays have one type, float32 or float64, which are the ones worth compiling."""
    return arrays[0].dtype in FLOATS and all(a.dtype == arrays[0].dtype for a in arrays)


def contiguous(*arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays in row order in memory, and writable; those that are not are copied.

    No kernel writes into them, but to Numba read-only arrays are another type, for which it would
    compile everything again.
    """
    return [array if array.flags.carray else np.array(array, order="C") for array in arrays]


def _keep_cache_folder() -> None:
    """Leave the choice of the folder to Numba."""


def _use_temporary_cache_folder() -> None:
    folder = Path(tempfile.gettempdir()) / f"minicnn-{os.getuid() if os.name == 'posix' else ''}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _require_private(folder)
    numba.config.CACHE_DIR = str(folder)


def _require_private(folder: Path) -> None:
    """Compiled code is loaded from here, so nobody else may be able to write it."""
    status = folder.lstat()
    private = stat.S_ISDIR(status.st_mode)
    if os.name == "posix":
        private &= status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not private:
        raise PermissionError(f"{folder} can be written by others")
