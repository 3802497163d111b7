"""Which compiled kernels contain a function: by the names that each function's text uses.

A function is known as `module:name`; what a module imports from another is found there. Of an
attribute (`module.name`) only the name is looked at, so there may be too many kernels, but none is
missing.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from compare.mutants.sampled.places import Place

FOLDER = "minicnn/backend/numba"
Uses = dict[str, set[str]]


class Module(NamedTuple):
    """The top level of a file: its statements, what they define, and where imports come from."""

    body: list[ast.stmt]
    defined: set[str]
    imported: dict[str, tuple[str, str]]


def known_as(function: object) -> str:
    """The name of a function, or of the one that it was made in."""
    return f"{function.__module__}:{function.__qualname__.partition('.')[0]}"


def kernels_with(tree: Path, file: str, place: Place) -> set[str]:
    """All functions and constants of `backend/numba` that contain or use a place.

    A place outside functions belongs to the name that it defines, such as a constant.
    """
    module = _module_name(file)
    body = ast.parse((tree / file).read_text(encoding="utf-8")).body
    names = {place.function.split(".")[0]} if place.function else _defined(body, place.line)
    new = {f"{module}:{name}" for name in names}
    users, found = _users(tree), set(new)
    while new:
        new = {user for name in new for user in users.get(name, ())} - found
        found |= new
    return found


@functools.cache
def _users(tree: Path) -> Uses:
    """For each function and constant of `backend/numba`, those whose text uses it."""
    modules = _modules(tree)
    places: dict[str, list[str]] = {}
    for module, (_, defined, _) in modules.items():
        for name in defined:
            places.setdefault(name, []).append(f"{module}:{name}")
    users: Uses = {}
    for module, (body, _, _) in modules.items():
        for statement in body:
            used = {_found(modules, module, name) for name in _names_used(statement)}
            used |= {at for name in _attributes_used(statement) for at in places.get(name, ())}
            for name in used - {None}:
                users.setdefault(name, set()).update(
                    f"{module}:{user}" for user in _names_defined(statement)
                )
    return users


def _modules(tree: Path) -> dict[str, Module]:
    found = {}
    for file in sorted((tree / FOLDER).rglob("*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        imported = {
            alias.asname or alias.name: (statement.module, alias.name)
            for statement in body
            if isinstance(statement, ast.ImportFrom) and statement.module
            for alias in statement.names
        }
        defined = {name for statement in body for name in _names_defined(statement)}
        found[_module_name(file.relative_to(tree).as_posix())] = Module(body, defined, imported)
    return found


def _found(modules: dict[str, Module], module: str, name: str) -> str | None:
    """Where a name of a module is defined, in `backend/numba`."""
    looked_at = set()
    while module in modules and (module, name) not in looked_at:
        if name in modules[module].defined:
            return f"{module}:{name}"
        looked_at.add((module, name))
        module, name = modules[module].imported.get(name, ("", name))
    return None


def _module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _defined(body: list[ast.stmt], line: int) -> set[str]:
    return {name for s in body if s.lineno <= line <= s.end_lineno for name in _names_defined(s)}


def _names_defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _names_used(statement: ast.stmt) -> Iterator[str]:
    return (n.id for n in ast.walk(statement) if isinstance(n, ast.Name))


def _attributes_used(statement: ast.stmt) -> Iterator[str]:
    return (n.attr for n in ast.walk(statement) if isinstance(n, ast.Attribute))
