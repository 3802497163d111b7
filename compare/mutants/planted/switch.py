"""Switches a planted bug on, by replacing the code of the functions that it changes in memory."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

import minicnn

BACKENDS = ("numpy", "numba")
PARTS = BACKWARD, FORWARD, OPTIMIZER, METRIC = "backward", "forward", "optimizer", "metric"


class Bug(NamedTuple):
    """A planted bug.

    Attributes:
        what: a short description of the mistake.
        part: what it makes wrong. BACKWARD: gradients only; FORWARD: values, and in most cases
            the gradients are right for these wrong values.
        module: the module that it changes.
        original: a part of the module's source that occurs once.
        wrong: the text that replaces it, with the same number of lines.
        near: texts; the cases with one of them in their `kind.label` are run.
    """

    what: str
    part: str
    module: str
    original: str
    wrong: str
    near: tuple[str, ...]

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends whose results the changed lines serve."""
        own = [name for name in BACKENDS if f".backend.{name}." in self.module]
        return tuple(own) or BACKENDS

    @property
    def is_compiled(self) -> bool:
        """Whether the lines are compiled, so that no change of them in memory has an effect."""
        return self.backends == ("numba",)


@contextlib.contextmanager
def switched_on(bug: Bug) -> Iterator[None]:
    """Context in which the bug is in every function that was defined by the changed lines."""
    changes = dict(_changes(bug))
    changed = [
        (function, function.__code__, changes[key])
        for function in _functions_in_memory(len(sys.modules))
        if (key := _identity(function.__code__)) in changes
    ]
    if not changed:
        raise LookupError(f"No function in memory is defined by the lines of {bug.what!r}.")
    try:
        for function, _, wrong in changed:
            function.__code__ = wrong
        _clear_caches()
        yield
    finally:
        for function, right, _ in changed:
            function.__code__ = right
        _clear_caches()


def _changes(bug: Bug) -> Iterator[tuple[tuple, CodeType]]:
    """The identities of the functions that the bug changes, and their wrong code."""
    module = importlib.import_module(bug.module)
    source = inspect.getsource(module)
    if source.count(bug.original) != 1 or bug.original.count("\n") != bug.wrong.count("\n"):
        raise LookupError(
            f"The lines of {bug.what!r} occur {source.count(bug.original)} times in {bug.module}, "
            "but must occur once: the source has changed, so change the entry in "
            "compare/mutants/planted, too."
        )
    right, wrong = (
        compile(text, module.__file__, "exec", dont_inherit=True)
        for text in (source, source.replace(bug.original, bug.wrong))
    )
    for a, b in zip(_functions(right), _functions(wrong), strict=True):
        if a != b:
            yield _identity(a), b


def _functions(code: CodeType) -> Iterator[CodeType]:
    """The functions that a module, or a class in it, defines when it is run."""
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            continue
        if constant.co_flags & inspect.CO_OPTIMIZED:
            yield constant
        else:
            yield from _functions(constant)


@functools.lru_cache(maxsize=1)
def _functions_in_memory(modules: int) -> list[FunctionType]:
    """All functions of minicnn in memory; searched again after more modules were imported.

    `type`, not `isinstance`: that asks a weak proxy for its object, which may be gone.
    """
    folder = str(Path(minicnn.__file__).parent)
    return [
        thing
        for thing in gc.get_objects()
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(folder)
    ]


def _identity(code: CodeType) -> tuple:
    return code.co_filename, code.co_qualname, code.co_linetable, code.co_code


def _clear_caches() -> None:
    """Clear all caches of results, which may come from the code without (or with) the bug."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("minicnn"):
            for thing in vars(module).values():
                if isinstance(thing, functools._lru_cache_wrapper):
                    thing.cache_clear()
