"""Kernels, and their machine code on disk, where the next program finds it again.

Numba keeps it beside the source, else in the user's cache folder (or in NUMBA_CACHE_DIR); where
neither can be written, it goes to a folder for temporary files; else nowhere.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.errors import TypingError
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from minicnn.backend.numba.compiler import whole_files
from minicnn.backend.numba.compiler.compile_notice import DAMAGED, NOT_WRITTEN, NOTICE
from minicnn.backend.numba.compiler.source_digest import source_version

VERSIONS = (numba.__version__, llvmlite.__version__, sys.version)


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
    """Numba's, with one checked file for each kernel and combination of types.

    Numba's own files are read without a check. What is found here is used only if it is whole (see
    whole_files.py) and was compiled from the same texts of files, for the same processor, by the
    same version of Numba; else the kernel is compiled again, and a program never fails for it.

    RuntimeError or OSError: Numba found no folder that it can write.
    """

    _impl_class = _Reduced

    def __init__(self, function: Callable, version: str):
        super().__init__(function)
        self._version = version

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The kernel for these types of arguments, or None.

        Numba would first import all that it knows how to compile. Machine code needs nothing but
        the functions that allocate memory.
        """
        rtsys.initialize(target)
        path, key = self._place(signature, target.codegen())
        try:
            content = whole_files.read(path, key)
            if content is not None:
                return self._impl.rebuild(target, pickle.loads(content))
        except Exception as error:  # no kind of damage may end the program
            NOTICE.say_trouble(DAMAGED.format(path, _reason(error)))
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep the machine code for the next program, if that is possible."""
        if not self._impl.check_cachable(result):
            return
        path, key = self._place(signature, result.codegen)
        try:
            self._impl.locator.ensure_cache_path()
            whole_files.write(path, key, dumps(self._impl.reduce(result)))
        except OSError as error:
            NOTICE.say_trouble(NOT_WRITTEN.format(path, _reason(error)))

    def _place(self, signature: Any, codegen: Any) -> tuple[Path, bytes]:
        """The file, by the types and the processor, and all that its content depends on.

        A kernel whose source has changed takes the place of the old one.
        """
        types_and_processor = repr((signature, codegen.magic_tuple()))
        name = hashlib.sha256(types_and_processor.encode()).hexdigest()[:16]
        path = Path(self.cache_path) / f"{self._impl.filename_base}.{name}.nbc"
        *_, function = self._index_key(signature, codegen)
        key = repr((types_and_processor, function, self._version, *VERSIONS))
        return path, hashlib.sha256(key.encode()).digest()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


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
