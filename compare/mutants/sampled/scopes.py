"""The lines that run if and only if a place runs, as far as that is known."""

from __future__ import annotations

import ast

from compare.mutants.sampled.places import Place


def lines_of(source: str, place: Place) -> range:
    """The lines whose tests run a place.

    In the body of a function these are the lines of its statement. The head of a function
    (defaults, decorators) runs at import, when no test is recorded, but matters where the body
    runs; likewise what stands in a class or a module outside functions matters for all of it.
    """
    first, last = place.lines
    inner: ast.AST | None = None
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        begin = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        if begin <= place.line <= node.end_lineno and (inner is None or _begins(inner) <= begin):
            inner = node
    if inner is None:
        return range(1, source.count("\n") + 2)
    if not isinstance(inner, ast.ClassDef) and place.line >= inner.body[0].lineno:
        return range(first, last + 1)
    if isinstance(inner, ast.ClassDef):
        return range(_begins(inner), inner.end_lineno + 1)
    return range(inner.body[0].lineno, inner.end_lineno + 1)


def _begins(node: ast.AST) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])
