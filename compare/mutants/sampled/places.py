"""Finds every place in a source text that can be mutated, with cosmic-ray's operators.

A place is a part of the text, such as one `+`; its variants are the operators that change it. Left
out, by rules and not by hand, is what does not compute:

- type annotations, `__all__`, conditions of `TYPE_CHECKING` and everything inside an f-string;
- statements that raise an error, and calls that warn or log: their text is for people;
- decorators that only save time (`functools.cache`);
- `==` to `is` and back: whether two equal numbers are one object is Python's matter;
- arithmetic to operations on bits: on floats it is an error that any call shows, so that such
  mutants would only improve the score;
- variants that do not compile, or compile to the same tree.

Docstrings, comments and other strings have no operator.
"""

from __future__ import annotations

import ast
import functools
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

BITS = {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"}
IDENTITY = {("Eq", "Is"), ("Is", "Eq"), ("NotEq", "IsNot"), ("IsNot", "NotEq")}
WITH_ARGUMENTS = {"VariableReplacer", "VariableInserter"}  # need a name chosen by hand
NODES = set(
    "operator keyword number comparison if_stmt while_stmt assert_stmt test decorator "
    "except_clause for_stmt".split()
)
PUNCTUATION = set("( ) [ ] { } , . : ; = -> ... := @".split())
FOR_PEOPLE = {"raise_stmt", "fstring", "annassign", "tfpdef", "import_from", "import_name"}
SAYING = {"warn", "notify", "info", "warning", "debug", "error"}
CACHES = {"functools.cache", "functools.lru_cache", "cache", "lru_cache"}


class Variant(NamedTuple):
    """An operator of cosmic-ray, and which of its occurrences in the file this is."""

    operator: str
    occurrence: int


class Place(NamedTuple):
    """A part of a file that can be mutated.

    Attributes:
        line, column: where it begins.
        function: the function or class that it is in, with dots; "" for the module.
        lines: the first and last line of the statement up to the place.
        original: the text of these lines, without indentation.
        ordinal: how many places before it have the same function and the same text.
        variants: how it can be changed.
    """

    line: int
    column: int
    function: str
    lines: tuple[int, int]
    original: str
    ordinal: int
    variants: tuple[Variant, ...]


def places(source: str) -> list[Place]:
    """All places of a source text, in the order of the text."""
    found: dict[tuple, list[Variant]] = {}
    nodes: dict[tuple, Any] = {}
    for node, start, end, variant in _positions(source):
        found.setdefault((start, end), []).append(variant)
        nodes.setdefault((start, end), node)
    return _described(source, found, nodes)


def mutate(source: str, variant: Variant) -> str | None:
    """The changed text, or None if it does not compile or compiles to the same tree."""
    changed = mutate_code(source, _operators()[variant.operator], variant.occurrence)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            same = changed is None or ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source))
            compile(changed or "", "mutant", "exec")
    except (SyntaxError, ValueError):
        return None
    return None if same else changed


@functools.cache
def _operators() -> dict[str, Any]:
    """The operators by their names without `core/`."""
    names = [name.removeprefix("core/") for name in operator_names()]
    return {name: get_operator(f"core/{name}")() for name in sorted(names) if _is_used(name)}


def _is_used(name: str) -> bool:
    _, *change = name.split("_")
    if name in WITH_ARGUMENTS or tuple(change) in IDENTITY:
        return False
    return len(change) < 2 or change[0] in BITS or change[1] not in BITS


def _positions(source: str) -> Iterator[tuple[Any, tuple, tuple, Variant]]:
    """Every position of every operator that is not left out."""
    counts: Counter[str] = Counter()
    for node in _walk(get_ast(source)):
        if node.type not in NODES or getattr(node, "value", None) in PUNCTUATION:
            continue
        left_out = None
        for name, operator in _operators().items():
            for start, end in operator.mutation_positions(node):
                variant = Variant(name, counts[name])
                counts[name] += 1
                if left_out is None:
                    left_out = _is_left_out(node)
                if not left_out:
                    yield node, start, end, variant


def _walk(node: Any) -> Iterator[Any]:
    """All nodes, in the order in which cosmic-ray counts occurrences."""
    yield node
    for child in getattr(node, "children", ()):
        yield from _walk(child)


def _is_left_out(node: Any) -> bool:
    inner = node
    while node is not None:
        if node.type in FOR_PEOPLE and not (node.type == "annassign" and _is_value(node, inner)):
            return True
        if node.type == "funcdef" and node.annotation is inner:
            return True
        if node.type == "decorator" and _called(node.children[1]) in CACHES:
            return True
        if node.type == "expr_stmt" and node.children[0].get_code().strip() == "__all__":
            return True
        if node.type == "if_stmt" and "TYPE_CHECKING" in node.children[1].get_code():
            return True
        if node.type in ("atom_expr", "power") and _called(node).split(".")[-1] in SAYING:
            return True
        inner, node = node, node.parent
    return False


def _is_value(annotation: Any, inner: Any) -> bool:
    """Whether this is the value in `name: type = value`."""
    return len(annotation.children) > 3 and inner is annotation.children[3]


def _called(node: Any) -> str:
    """The name with dots that is called: `warnings.warn` of `warnings.warn(text)`."""
    return node.get_code(include_prefix=False).partition("(")[0].strip()


def _described(source: str, found: dict, nodes: dict) -> list[Place]:
    text = source.split("\n")
    before: Counter[tuple] = Counter()
    described = []
    for (start, end), variants in sorted(found.items()):
        node = nodes[start, end]
        first, last = _statement(node).start_pos[0], end[0]
        original = " ".join(line.strip() for line in text[first - 1 : last])
        function = _function(node)
        ordinal = before[function, original]
        before[function, original] += 1
        place = Place(*start, function, (first, last), original, ordinal, tuple(variants))
        described.append(place)
    return described


def _statement(node: Any) -> Any:
    while node.parent is not None and node.parent.type not in ("suite", "file_input"):
        node = node.parent
    return node


def _function(node: Any) -> str:
    names = []
    while node is not None:
        if node.type == "decorated":  # also a decorator belongs to the function under it
            names.append(_named(node.children[-1]))
        elif node.type in ("funcdef", "classdef") and node.parent.type != "decorated":
            names.append(node.name.value)
        node = node.parent
    return ".".join(reversed(names))


def _named(definition: Any) -> str:
    """The name of a function or class; that of an `async` function is one level below."""
    named = definition.children[-1] if definition.type == "async_funcdef" else definition
    return named.name.value
