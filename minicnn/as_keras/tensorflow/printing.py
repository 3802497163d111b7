"""`tf.print`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.as_keras.tensorflow.registry import named


@named("print")
def print_(
    *inputs: Any,
    output_stream: Any = None,
    summarize: int = 3,
    sep: str = " ",
    end: str = "\n",
) -> None:
    """Prints tensors and other things, to the error stream by default; long axes are shortened."""
    stream = sys.stderr if output_stream is None else output_stream
    most = float("inf") if summarize in (None, -1) else summarize
    print(*(_shown(each, most) for each in inputs), sep=sep, end=end, file=stream)


def _shown(x: Any, most: float) -> str:
    if isinstance(x, str):
        return x
    if isinstance(x, list | tuple | dict):
        return str(
            tree.map_structure(
                lambda each: each if isinstance(each, str) else _Plain(_shown(each, most)), x
            )
        )
    if not hasattr(x, "dtype"):
        return str(x)
    return _array(np.asarray(x), most)


class _Plain(str):
    """A text that is printed without quotes inside a list."""

    def __repr__(self) -> str:
        return str(self)


def _array(x: np.ndarray, most: float, depth: int = 1) -> str:
    if not x.ndim:
        return _number(x)
    rows = list(x)
    if len(rows) > 2 * most:
        rows = [*rows[: int(most)], None, *rows[-int(most) :]]
    shown = ["..." if row is None else _array(row, most, depth + 1) for row in rows]
    between = " " if x.ndim == 1 else "\n" * (x.ndim - 1) + " " * depth
    return f"[{between.join(shown)}]"


def _number(x: np.ndarray) -> str:
    x = x[()]  # a scalar has the digits of its type
    if x.dtype.kind == "b":
        return str(int(x))
    if x.dtype.kind != "f":
        return str(x)
    short, long = (15, 17) if x.dtype == "float64" else (6, 9)
    text = f"{float(x):.{short}g}"
    return text if x.dtype.type(text) == x or x != x else f"{float(x):.{long}g}"
