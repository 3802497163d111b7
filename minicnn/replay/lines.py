"""The lines of a recorded program, their text, and which of them need not run every time.

In prediction the variables stay as they are from batch to batch, and so does what follows from them
alone: the kernel of a convolution with the batch normalization behind it folded in, for example.
`split` takes such lines out of a program and makes a function of them, which is called again only
for other values:

    def of_variables(v1, v2):                           def step(input_1):
        a1 = rsqrt(v2)                                      v0 = variables[0].snapshot().array
        a2 = multiply(v1, a1)                               ...
        del a1                                              (a2,) = of_variables(v1, v2)
        return (a2,)                                        a3 = multiply(input_1, a2)

Values of variables are never written into: one that is assigned has another array.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn.autodiff.variable import Variable


class Line(NamedTuple):
    """A line of the program: `target = call`, or only the call of something that changes state."""

    target: str
    call: str
    uses: set[str]
    makes: set[str] = set()
    variable: Variable | None = None  # which it reads or assigns
    reads: bool = False  # a variable, and does nothing else


class CachedCall:
    """A function of arrays that is called again only if an array is another than the last time."""

    def __init__(self, function: Callable):
        self._function = function
        self._last: tuple[list[Callable], Any] = [], None

    def __call__(self, *arrays: np.ndarray) -> Any:
        references, results = self._last
        if not references or any(x is not y() for x, y in zip(arrays, references, strict=True)):
            results = self._function(*arrays)
            self._last = [*map(weak_reference, arrays)], results
        return results


def weak_reference(x: Any) -> Callable[[], Any]:
    """A function that returns x, or None if x is an array that was deleted.

    It does not keep an array in memory, and does not take another at the same address for it.
    """
    return weakref.ref(x) if type(x) is np.ndarray else lambda: x


def split(lines: list[Line], returned: set[str]) -> tuple[str, list[Line]]:
    """The text of a function `of_variables`, and the program's lines with a call of it.

    The text is empty if there is nothing to compute early. What the program returns never is.
    """
    early = _early(lines, returned)
    if not early:
        return "", lines
    ids = {id(line) for line in early}
    late = [line for line in lines if id(line) not in ids]
    made = _union(line.makes for line in early)
    taken = sorted(_union(line.uses for line in early) - made)
    given = sorted(_union(line.uses for line in late) & made)
    body = [*lines_as_text(early, set(given)), f"return {as_tuple(given)}"]
    text = "\n".join([f"def of_variables({', '.join(taken)}):", *(f"    {x}" for x in body)])
    call = Line(as_tuple(given), f"of_variables({', '.join(taken)})", set(taken))
    first = [line for line in late if line.reads]
    return text, [*first, call, *(line for line in late if not line.reads)]


def _early(lines: list[Line], returned: set[str]) -> list[Line]:
    """Those that follow from variables alone, which the program does not change."""
    if any(not line.target and line.variable is None for line in lines):
        return []  # such a call may change any variable
    changed = {id(line.variable) for line in lines if not (line.variable is None or line.reads)}
    constant = _union(
        line.makes for line in lines if line.reads and id(line.variable) not in changed
    )
    early = []
    for line in lines:
        if line.makes and line.uses and line.uses <= constant and not line.makes & returned:
            early.append(line)
            constant |= line.makes
    return early


def _union(sets: Any) -> set[str]:
    return set().union(*sets)


def lines_as_text(
    lines: list[Line], returned: set[str], comment: Callable[[Variable], str] = lambda variable: ""
) -> list[str]:
    """The lines as text, each name deleted behind its last use, to give memory back early."""
    made = set().union(*(line.makes for line in lines if not line.reads))
    used = set(returned)
    body: list[str] = []
    for line in lines[::-1]:
        last = sorted((line.uses | line.makes) & made - used)
        used.update(last)
        if last:
            body.append(f"del {', '.join(last)}")
        code = f"{line.target} = {line.call}" if line.target else line.call
        body.append(code if line.variable is None else code + comment(line.variable))
    return body[::-1]


def as_tuple(parts: list[str]) -> str:
    """The text of a tuple of these parts."""
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
