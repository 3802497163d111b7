"""Replaces names that Keras has and minicnn lacks.

While a test file is imported, such a name does nothing; when a test uses it, it raises an error.
So one missing name fails the tests that use it, not all tests of the file.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any
from unittest import SkipTest


class MissingName(Exception):
    """A test used a name that minicnn does not have."""


class Missing:
    """The object that replaces a missing name. While a file is imported, `importing` is True."""

    importing = True

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def _used(self, how: str) -> Missing:
        if not Missing.importing:
            raise MissingName(f"{self._name} is not in minicnn")
        return Missing(f"{self._name}{how}")

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._used(f".{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if Missing.importing and len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # used as a decorator
        return self._used("()")

    def __iter__(self) -> Any:
        self._used("")
        return iter(())

    def __bool__(self) -> bool:
        self._used("")
        return False

    def __enter__(self) -> Any:
        raise MissingName(f"{self._name} is not in minicnn")

    def __exit__(self, *exception: Any) -> None:
        """Never called, as `__enter__` raises an error."""

    def __mro_entries__(self, bases: tuple) -> tuple:
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise MissingName(f"{self._name} is not in minicnn")

        return (type("MissingBase", (), {"__init__": refuse}),)

    def _in_expression(self, *others: Any) -> Missing:
        return self._used(" in an expression")

    __add__ = __radd__ = __sub__ = __and__ = __or__ = __ror__ = __getitem__ = _in_expression


class _SkipsItsUsers(type):
    """The metaclass of the attributes of an absent package: calling them skips the test."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SkipsItsUsers(name, (), {"package": cls.package})

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise SkipTest(f"{cls.package} is not installed")


class AbsentPackage(ModuleType):
    """Replaces a package that is not installed."""

    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SkipsItsUsers(name, (), {"package": self.__name__.partition(".")[0]})
