"""Arrays that compiled functions make live as long as addresses in them are used.

Numba frees an array behind its last use in the text, whatever still reads its address. An array
that is made before a loop and used in it lives until the loop ends. So each use of an address must
have a use of its array behind it, or in a loop around it that begins behind the making.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import minicnn

FOLDER = Path(minicnn.__file__).parent / "backend" / "numba"
FILES = sorted(FOLDER.rglob("*.py"))
MAKERS = {"empty", "zeros", "ones", "full", "empty_like", "zeros_like", "copy"}
DECORATORS = {"compiled", "part", "inlined"}


def used_too_late(source: str) -> list[str]:
    """The uses of addresses behind the end of their array, as texts."""
    return [
        f"{function.name}: line {line} uses the address of `{array}`, which may be freed"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef) and DECORATORS & _names(function.decorator_list)
        for array in _made(function)
        for line in _late_uses(function, array)
    ]


def _made(function: ast.FunctionDef) -> set[str]:
    """The names of the arrays that a function makes."""
    return {name for node in _makings(function) for name in _names(node.targets)}


def _makings(function: ast.FunctionDef) -> Iterator[ast.Assign]:
    for node in ast.walk(function):
        makes = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if makes and getattr(node.value.func, "attr", "") in MAKERS:
            yield node


def _late_uses(function: ast.FunctionDef, array: str) -> Iterator[int]:
    uses = list(_lines(function, {array}))
    made = [node.lineno for node in _makings(function) if array in _names(node.targets)]
    loops = [
        range(node.lineno, node.end_lineno + 1)
        for node in ast.walk(function)
        if isinstance(node, (ast.For, ast.While))
    ]
    loops = [loop for loop in loops if not any(line in loop for line in made)]
    for line in _lines(function, _addresses(function, array)):
        around = [loop for loop in loops if line in loop]
        if not any(use >= line or any(use in loop for loop in around) for use in uses):
            yield line


def _addresses(function: ast.FunctionDef, array: str) -> set[str]:
    """The names of numbers that are computed from the array's address."""
    found: set[str] = set()
    while True:
        more = {
            name
            for node in ast.walk(function)
            if isinstance(node, (ast.Assign, ast.AugAssign))
            and (_has_address_of(node.value, array) or found & _names([node.value]))
            for name in _names(node.targets if isinstance(node, ast.Assign) else [node.target])
        } - {array}
        if more <= found:
            return found
        found |= more


def _has_address_of(expression: ast.AST, array: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "address_of"
        and array in _names(node.args)
        for node in ast.walk(expression)
    )


def _lines(function: ast.FunctionDef, names: set[str]) -> Iterator[int]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            yield node.lineno


def _names(nodes: list) -> set[str]:
    return {x.id for node in nodes for x in ast.walk(node) if isinstance(x, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_address_is_used_behind_the_end_of_its_array(path):
    assert used_too_late(path.read_text(encoding="utf-8")) == []


SAMPLE = """
@compiled
def kernel(work, x):
    for piece, start, stop in pieces(work):
        held = np.empty((8, 8), np.float32)
        h = address_of(held)
        for t in range(start, stop):
            row = h + 32 * t
            store(row, load(address_of(x)))
            {use}
        {after}
"""


def test_a_freed_array_is_seen():
    late = used_too_late(SAMPLE.format(use="pass", after="pass"))
    assert late == [
        f"kernel: line {line} uses the address of `held`, which may be freed" for line in (8, 9)
    ]
    for lives in ({"use": "held[0, 0] = 1", "after": "pass"}, {"use": "pass", "after": "f(held)"}):
        assert used_too_late(SAMPLE.format(**lives)) == []
