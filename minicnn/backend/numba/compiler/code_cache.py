"""Stores the machine code of compiled functions on disk and reads it in the next program.

Numba chooses the folder: beside the source, else in the user's cache folder (or NUMBA_CACHE_DIR).
If none of them can be written, it is a private folder for temporary files; else nothing is stored.
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

from minicnn.backend.numba.compiler import checked_files
from minicnn.backend.numba.compiler.compile_notice import DAMAGED, NOT_WRITTEN, NOTICE
from minicnn.backend.numba.compiler.source_digest import source_version

VERSIONS = (numba.__version__, llvmlite.__version__, sys.version)


class Kernel(CPUDispatcher):
    """A function that Python calls, compiled for each combination of argument types.

    Kernels do not call each other, only parts (see kernel_parts.py).
    """

    def __init__(self, function: Callable, settings: dict[str, Any]):
        super().__init__(function, targetoptions=settings | {"nopython": True})
        self._version = source_version(function.__code__.co_filename)
        del self._cache

    @functools.cached_property
    def _cache(self) -> Any:
        """The cache of this kernel's machine code, made when the kernel is first called."""
        for prepare in (_keep_cache_folder, _use_temporary_cache_folder):
            with suppress(RuntimeError, OSError), _restored_cache_folder():
                prepare()
                return KernelCache(self.py_func, self._version)
        return NullCache()

    def get_call_template(self, arguments: Any, named: dict) -> tuple:
        """Called by Numba for a call in compiled code, which is an error."""
        raise TypingError(f"{self.py_func.__name__} is called by a kernel: declare it as a @part.")


class _Reduced(CompileResultCacheImpl):
    """Writes of a kernel only its machine code, and the name of the function that Python calls.

    Numba would also write the instructions, for other compiled functions that call it, and the
    constants of all functions inside; to read these it would import their files.
    """

    def reduce(self, result: Any) -> tuple:
        (name, kind, (code, _)), description, *rest, environments = super().reduce(result)
        entry = f'define void @"{description.llvm_cpython_wrapper_name}"() {{ unreachable }}'
        entry = llvmlite.binding.parse_assembly(entry).as_bitcode()
        environments = tuple(each for each in environments if each.consts)
        return ((name, kind, (code, entry)), description, *rest, environments)


class KernelCache(FunctionCache):
    """Numba's cache, with one checked file for each kernel and combination of types.

    Numba reads its own files without a check. Here a file is used only if it is undamaged (see
    checked_files.py) and was compiled from the same source, for the same processor, by the same
    version of Numba; else the kernel is compiled again. No error is raised for a bad file.

    Raises RuntimeError or OSError if Numba finds no folder that it can write.
    """

    _impl_class = _Reduced

    def __init__(self, function: Callable, version: str):
        super().__init__(function)
        self._version = version

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The kernel for these types of arguments, or None.

        Numba would first import all of its compiler. Machine code needs only the functions that
        allocate memory, which are initialized here.
        """
        rtsys.initialize(target)
        path, key = self._place(signature, target.codegen())
        try:
            content = checked_files.read(path, key)
            if content is not None:
                return self._impl.rebuild(target, pickle.loads(content))
        except Exception as error:  # no kind of damage may end the program
            NOTICE.report_cache_error(DAMAGED.format(path, _reason(error)))
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Write the machine code to disk, if possible."""
        if not self._impl.check_cachable(result):
            return
        path, key = self._place(signature, result.codegen)
        try:
            self._impl.locator.ensure_cache_path()
            checked_files.write(path, key, dumps(self._impl.reduce(result)))
        except OSError as error:
            NOTICE.report_cache_error(NOT_WRITTEN.format(path, _reason(error)))

    def _place(self, signature: Any, codegen: Any) -> tuple[Path, bytes]:
        """The file's path, by types and processor, and a key of all that its content depends on.

        After a change of the source the path is the same, so the old file is replaced.
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
    """Restore Numba's setting afterwards, because it also applies to the user's functions."""
    before = numba.config.CACHE_DIR
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _keep_cache_folder() -> None:
    """Do nothing: Numba chooses the folder."""


def _use_temporary_cache_folder() -> None:
    folder = Path(tempfile.gettempdir()) / f"minicnn-{os.getuid() if os.name == 'posix' else ''}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _require_private(folder)
    numba.config.CACHE_DIR = str(folder)


def _require_private(folder: Path) -> None:
    """Raise PermissionError if other users can write the folder: its code will be executed."""
    status = folder.lstat()
    private = stat.S_ISDIR(status.st_mode)
    if os.name == "posix":
        private &= status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not private:
        raise PermissionError(f"{folder} can be written by others")
