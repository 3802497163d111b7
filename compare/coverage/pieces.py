"""Records into how many pieces the work of each compiled function is cut.

The thread pool and the kernels have no counter of their own, as that would take time; while
`recorded` is active, both are replaced by versions that count.
"""

from __future__ import annotations

import ast
import contextlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from unittest import mock

from minicnn.backend import numba
from minicnn.backend.numba.compiler.code_cache import Kernel
from minicnn.backend.numba.machine import threads

FOLDER = Path(numba.__file__).parent
SHARING = {"share", "for_chunks", "for_pieces"}


@dataclass
class Record:
    """The largest number of pieces of each kernel that ran, and of each function that cut."""

    kernels: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Both together."""
        return {**self.kernels, **self.functions}


@contextlib.contextmanager
def recorded() -> Iterator[Record]:
    """Context in which pieces are counted."""
    record, now = Record(), [1]
    run, call = threads.Pool.run, Kernel.__call__

    def counted_run(pool: threads.Pool, take_part: object, work: object) -> None:
        before, now[0] = now[0], int(work[threads.COUNT])
        _count(record.functions, _caller(), now[0])
        try:
            run(pool, take_part, work)
        finally:
            now[0] = before

    def counted_call(kernel: Kernel, *arguments: object) -> object:
        _count(record.kernels, name_of(kernel), now[0])
        return call(kernel, *arguments)

    with (
        mock.patch.object(threads.Pool, "run", counted_run),
        mock.patch.object(Kernel, "__call__", counted_call),
    ):
        yield record


def _count(counts: dict[str, int], name: str, pieces: int) -> None:
    counts[name] = max(pieces, counts.get(name, 0))


def _caller() -> str:
    """The function that called one of the functions of `machine/threads.py`."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename in (__file__, threads.__file__):
        frame = frame.f_back
    return f"{_place(Path(frame.f_code.co_filename))}:{frame.f_code.co_qualname}"


def name_of(kernel: Kernel) -> str:
    """The kernel's file, below `backend/numba`, and its name."""
    code = kernel.py_func.__code__
    return f"{_place(Path(code.co_filename))}:{code.co_qualname}"


def _place(path: Path) -> str:
    return str(path.relative_to(FOLDER)) if path.is_relative_to(FOLDER) else str(path)


def kernels() -> list[str]:
    """All compiled functions of the backend that Python calls, without those that hand out work."""
    modules = [
        import_module(found.name)
        for found in pkgutil.walk_packages(numba.__path__, f"{numba.__name__}.")
    ]
    everything = [thing for module in modules for thing in vars(module).values()]
    names = {name_of(thing) for thing in everything if isinstance(thing, Kernel)}
    return sorted(name for name in names if not name.startswith("machine/"))


def cutting_functions() -> list[str]:
    """All functions of the backend that cut work into pieces."""
    found = set()
    for path in sorted(FOLDER.rglob("*.py")):
        if path.name != "threads.py":
            tree = ast.parse(path.read_text())
            found |= {f"{_place(path)}:{name}" for name in _sharing(tree, "")}
    return sorted(found)


def _sharing(node: ast.AST, inside: str) -> Iterator[str]:
    """The qualified names of the functions in a syntax tree that call one of SHARING."""
    for child in ast.iter_child_nodes(node):
        name = inside
        if isinstance(child, ast.ClassDef):
            name = f"{inside}{child.name}."
        elif isinstance(child, ast.FunctionDef):
            name = f"{inside}{child.name}.<locals>."
        if isinstance(child, ast.Call) and getattr(child.func, "id", "") in SHARING:
            yield inside.removesuffix(".<locals>.")
        yield from _sharing(child, name)
