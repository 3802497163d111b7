"""Functions that cases pass to operations. Each takes the library's `ops` before its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FUNCTIONS = {
    "sum and sine": lambda ops, row: {"sum": ops.sum(row * row), "sine": ops.sin(row)},
    "sine or square": lambda ops, row: ops.cond(
        ops.sum(row) > 0, lambda: ops.sin(row), lambda: row * row
    ),
    "ones": lambda ops: ops.ones((2, 3)),
    "twos": lambda ops: 2 * ops.ones((2, 3)),
    "x sin y": lambda ops, x, y: x * ops.sin(y),
    "x² - y": lambda ops, x, y: x * x - y,
    "fewer than 3": lambda ops, i, x: i < 3,
    "next and tanh": lambda ops, i, x: (i + 1, ops.tanh(2 * x) + x),
    "i sin x": lambda ops, i, x: ops.cast(i, x.dtype) * ops.sin(x) + x,
    "tanh of sum, and product": lambda ops, carry, x: (ops.tanh(carry + x), carry * x),
    "sine, and square": lambda ops, carry, x: (ops.sin(carry), carry * carry),
    "x y": lambda ops, x, y: x * y,
    # Of functions x → ax + b the composition, which is associative and does not commute.
    "composition": lambda ops, f, g: [f[0] * g[0], g[0] * f[1] + g[1]],
}


@dataclass(frozen=True)
class Function:
    """A description of a function, which each process makes from its library."""

    name: str

    def __repr__(self) -> str:
        return self.name

    def of(self, ops: Any) -> Callable:
        """The function that computes with these `ops`."""
        return lambda *arguments: FUNCTIONS[self.name](ops, *arguments)
