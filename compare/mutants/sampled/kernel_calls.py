"""Which compiled kernels contain a function: by the names that each function's text uses.

Two functions of the same name count as one, so there may be too many kernels, but none is missing.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from compare.mutants.sampled.places import Place

Uses = dict[str, set[str]]


def kernels_with(tree: Path, file: str, place: Place) -> set[str]:
    """The names of all functions of `backend/numba` that contain or use a place.

    A place outside functions belongs to the name that it defines, such as a constant.
    """
    source = (tree / file).read_text(encoding="utf-8")
    users = _users(tree)
    found = {place.function.split(".")[0]} if place.function else _defined(source, place.line)
    new = set(found)
    while new:
        new = {user for name in new for user in users.get(name, ())} - found
        found |= new
    return found


@functools.cache
def _users(tree: Path) -> Uses:
    """For each name, the functions and constants of `backend/numba` whose text uses it."""
    users: Uses = {}
    for file in sorted((tree / "minicnn/backend/numba").rglob("*.py")):
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            for user in _names_defined(statement):
                for name in _names_used(statement):
                    users.setdefault(name, set()).add(user)
    return users


def _defined(source: str, line: int) -> set[str]:
    body = ast.parse(source).body
    return {name for s in body if s.lineno <= line <= s.end_lineno for name in _names_defined(s)}


def _names_defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _names_used(statement: ast.stmt) -> set[str]:
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return names | {n.attr for n in ast.walk(statement) if isinstance(n, ast.Attribute)}
