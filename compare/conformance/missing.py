"""A name that Keras has and minicnn lacks: inert while tests are read, an error where one uses it.

So one internal name does not take a whole file of tests with it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any
from unittest import SkipTest


class MissingName(Exception):
    """A test used a name that minicnn does not have."""


class Missing:
    """Stands for such a name. `Missing.reading` says whether files are being read just now."""

    reading = True

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def _used(self, how: str) -> Missing:
        if not Missing.reading:
            raise MissingName(f"{self._name} is not in minicnn")
        return Missing(f"{self._name}{how}")

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._used(f".{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if Missing.reading and len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # a decorator leaves its function alone
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
        """Never reached, as nothing is entered."""

    def __mro_entries__(self, bases: tuple) -> tuple:
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise MissingName(f"{self._name} is not in minicnn")

        return (type("MissingBase", (), {"__init__": refuse}),)

    def _in_expression(self, *others: Any) -> Missing:
        return self._used(" in an expression")

    __add__ = __radd__ = __sub__ = __and__ = __or__ = __ror__ = __getitem__ = _in_expression


class _SkipsItsUsers(type):
    """The class of all that an absent package is asked for: using it skips the test."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SkipsItsUsers(name, (), {"package": cls.package})

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise SkipTest(f"{cls.package} is not installed")


class AbsentPackage(ModuleType):
    """Stands for a package that is not installed."""

    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SkipsItsUsers(name, (), {"package": self.__name__.partition(".")[0]})
