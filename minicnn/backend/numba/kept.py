"""Kernels, and their machine code on disk, where the next program finds it again.

Numba keeps it beside the source, else in the user's cache folder (or in NUMBA_CACHE_DIR); where
neither can be written, it goes to a folder for temporary files; else nowhere.
"""

from __future__ import annotations

import functools
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.errors import TypingError
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys

from minicnn.backend.numba.sources import source_version


class Kernel(CPUDispatcher):
    """A function that Python calls, compiled for each combination of argument types.

    Kernels do not call each other, only parts (see parts.py).
    """

    def __init__(self, function: Callable, settings: dict[str, Any]):
        super().__init__(function, targetoptions=settings | {"nopython": True})
        self._version = source_version(function.__code__.co_filename)
        del self._cache

    @functools.cached_property
    def _cache(self) -> Any:
        """Where Numba looks for machine code; not found before the kernel is called."""
        for prepare in (_keep_cache_folder, _use_temporary_cache_folder):
            with suppress(RuntimeError, OSError), _restored_cache_folder():
                prepare()
                return KernelCache(self.py_func, self._version)
        return NullCache()

    def get_call_template(self, arguments: Any, named: dict) -> tuple:
        """What Numba asks for a call in compiled code."""
        raise TypingError(f"{self.py_func.__name__} is called by a kernel: declare it as a @part.")


class _Reduced(CompileResultCacheImpl):
    """What is written of a kernel: its machine code, and the name by which Python calls it.

    Numba would add the instructions, for the case that another function is to contain them, and
    the constants of all functions within, to read which it imports the files of these.
    """

    def reduce(self, result: Any) -> tuple:
        (name, kind, (code, _)), description, *rest, environments = super().reduce(result)
        entry = f'define void @"{description.llvm_cpython_wrapper_name}"() {{ unreachable }}'
        entry = llvmlite.binding.parse_assembly(entry).as_bitcode()
        environments = tuple(each for each in environments if each.consts)
        return ((name, kind, (code, entry)), description, *rest, environments)


class KernelCache(FunctionCache):
    """Numba's, but it goes by the texts of files, and loads code without the compiler.

    RuntimeError or OSError: Numba found no folder that it can write.
    """

    _impl_class = _Reduced

    def __init__(self, function: Callable, version: str):
        super().__init__(function)
        # Numba compares it with what it wrote down; its own is the time stamp of one file.
        self._cache_file._source_stamp = version

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The kernel for these types of arguments, or None.

        Numba would first import all that it knows how to compile. Machine code needs nothing but
        the functions that allocate memory.
        """
        rtsys.initialize(target)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, target)


@contextmanager
def _restored_cache_folder() -> Iterator[None]:
    """Give Numba's own setting back, which other programs' functions go by."""
    before = numba.config.CACHE_DIR
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


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
