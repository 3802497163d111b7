"""Paths of variables: the names of the layers around them, joined by slashes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple


class Scope(NamedTuple):
    """One part of the path of variables: a name, whose it is, a path in place of those around."""

    name: str
    caller: Any
    override_parent: str | None = None


class _Open(threading.local):
    all: tuple[Scope, ...] = ()


open_scopes = _Open()
"""The scopes that are open in a thread, in `open_scopes.all`, the outermost first."""


class name_scope:
    """Context in which the paths of new variables begin with `name/`.

    A layer that opens its scope again inside its own scope does not appear twice in the path.

    Args:
        name: one part of the path.
        caller: the object whose scope it is.
        override_parent: a path that replaces that of the outer scopes.
    """

    def __init__(
        self,
        name: str,
        caller: Any = None,
        override_parent: str | None = None,
        deduplicate: bool = True,
    ):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. Received: "
                f"name={name!r}"
            )
        self.name = name
        self.caller = caller
        self.override_parent = override_parent
        self.deduplicate = deduplicate

    def __enter__(self) -> name_scope:
        scope = Scope(self.name, self.caller, self.override_parent)
        top = open_scopes.all[-1] if open_scopes.all else None
        same = (
            self.deduplicate
            and top is not None
            and self.caller is not None
            and top.caller is self.caller
            and top.name == self.name
        )
        self._before = open_scopes.all
        if not same:
            open_scopes.all = (*open_scopes.all, scope)
        return self

    def __exit__(self, *exception) -> None:
        open_scopes.all = self._before


@contextlib.contextmanager
def scopes_closed() -> Iterator[None]:
    """Context that closes all scopes opened inside after an exception.

    Ctrl-C may interrupt a scope just before it closes.
    """
    before = open_scopes.all
    try:
        yield
    except BaseException:
        open_scopes.all = before
        raise


def innermost_caller() -> Any:
    """The object whose scope was opened last, or None."""
    return open_scopes.all[-1].caller if open_scopes.all else None


def current_path() -> str:
    """The path of a variable that is made now, without its name."""
    parts: list[str] = []
    for scope in open_scopes.all:
        if scope.override_parent is not None:
            parts = [scope.override_parent] if scope.override_parent else []
        parts.append(scope.name)
    return "/".join(parts)
