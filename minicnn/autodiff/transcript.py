"""A computation written down as the kernels that it ran: a short program, to be run again.

For batches of one shape, a step of training runs the same kernels in the same order each time.
What leads from one kernel to the next (layers, operations, the tape) costs more than the kernels,
if the network is small, and it always comes to the same result. So a transcript notes each kernel
with the names of what it got and gave, and is in the end a Python function without a branch:

    def step(input_1, input_2):
        kernel = variables["dense_kernel"].snapshot().array
        ...
        a1 = reshape(input_1, newshape=(32, 784))
        (a2, _) = dense_forward(a1, kernel, bias, activation='relu')
        ...
        variables["loss_total"].replace(a40)
        return [Tensor(a31), Tensor(a38)]

Arrays are known by identity: an input, the value of a variable, or what an earlier kernel gave. Any
other array is a constant. The transcript says itself where it cannot stand for the computation
(`why_not`): if Python looked at the values of a tensor, for example, and may have acted on them.
That constants are constant, only a second transcript can tell: compare with `same_as`.
"""

from __future__ import annotations

import contextlib
import keyword
import math
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff.noting import set_open_transcript
from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.variable import Variable

PLAIN = (bool, int, str, type(None))


class Transcript:
    """What is computed from some inputs and variables, inside `with transcript.open():`.

    Args:
        inputs: arrays, each another one.
        variables: all variables that the computation may read or assign.
    """

    def __init__(self, inputs: Sequence[np.ndarray], variables: Sequence[Variable]):
        self.why_not: str | None = None
        self.constants: dict[str, Any] = {}
        self._lines: list[tuple[str, str]] = []  # names for what a kernel gave, and its call
        self._varies = False  # whether what is being noted depends on anything but constants
        self._named: dict[int, tuple[str, Any]] = {}  # names by identity, and how to know it again
        self._taken = {"Tensor", "variables"}
        self._last: dict[str, int] = {}  # number behind the last name of a stem
        self._inputs = [self._name(x, self._free(f"input_{i}")) for i, x in enumerate(inputs, 1)]
        self._variables = {
            self._name(v.snapshot().array, self._free(_as_name(v.path))): v for v in variables
        }
        self._before = [(v, v.snapshot()) for v in variables]
        if len(self._named) < len(inputs) + len(variables):
            self.why_not = "an array is the value of several variables or inputs"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Inside, the kernels are noted that this thread runs."""
        before = set_open_transcript(self)
        try:
            yield
        finally:
            set_open_transcript(before)

    def note(self, function: Callable, arguments: Any, settings: dict, result: Any) -> None:
        """`result = function(*arguments, **settings)`."""
        self._varies = False
        parts = [self._expression(x) for x in arguments]
        parts += [f"{name}={self._expression(x)}" for name, x in settings.items()]
        if not self._varies:
            return  # what is computed from constants alone is one more constant
        call = f"{self._known_name(function) or self._constant(function)}({', '.join(parts)})"
        self._lines.append((self._target(result), call))

    def finish(self, outputs: Any) -> None:
        """The computation is done and gave tensors, nested in lists, tuples and dicts."""
        self._returned = self._expression(outputs, "Tensor({})")
        self._assigned = [
            (variable, self._expression(variable.snapshot().array))
            for variable, before in self._before
            if variable.snapshot() is not before
        ]
        for variable, value in self._assigned:
            if value in self.constants:
                self.why_not = f"variable {variable.path!r} was given a value that no kernel made"
        self._named.clear()
        self._before.clear()

    def same_as(self, other: Transcript) -> bool:
        """Whether both are the same program, with the same constants, and both can stand for it."""
        return (
            self.why_not is None
            and other.why_not is None
            and self.source() == other.source()
            and [*map(id, self._variables.values())] == [*map(id, other._variables.values())]
            and all(_equal(x, other.constants[name]) for name, x in self.constants.items())
        )

    def source(self) -> str:
        """The program's text."""
        body = [f"{target} = {call}" if target else call for target, call in self._lines]
        body = _with_deletions(body, self._end())
        text = "\n".join(body + self._end())
        used = set(re.findall(r"\w+", text))
        begin = [
            f'{name} = variables["{name}"].snapshot().array'
            for name in self._variables
            if name in used
        ]
        lines = [f"    {line}" for line in [*begin, *text.splitlines()]]
        return "\n".join([f"def step({', '.join(self._inputs)}):", *lines])

    def program(self) -> Callable:
        """A function of the inputs that computes, assigns and returns the same."""
        scope = {**self.constants, "Tensor": Tensor, "variables": self._variables}
        exec(compile(self.source(), "<transcript>", "exec"), scope)
        return scope["step"]

    def _end(self) -> list[str]:
        names = {variable: name for name, variable in self._variables.items()}
        assignments = [f'variables["{names[v]}"].replace({value})' for v, value in self._assigned]
        return [*assignments, f"return {self._returned}"]

    def _target(self, result: Any) -> str:
        """Names for what a kernel gave."""
        if result is None:
            return ""
        if isinstance(result, (tuple, list)) and result:
            return _tuple([self._target(x) or "_" for x in result])
        return self._name(result, self._free("a1"))

    def _name(self, x: Any, name: str) -> str:
        # Arrays live no longer for having names, and another at the same place is not mistaken.
        self._named[id(x)] = (name, weakref.ref(x) if type(x) is np.ndarray else lambda: x)
        return name

    def _expression(self, x: Any, of_tensor: str = "{}") -> str:
        """What stands for a value in the program."""
        if isinstance(x, Tensor):
            return of_tensor.format(self._expression(x.array))
        if isinstance(x, Variable):
            return self._expression(x.snapshot().array)
        if isinstance(x, PLAIN) or (type(x) is float and math.isfinite(x)):
            return repr(x)
        if type(x) is list:
            return "[{}]".format(", ".join(self._expression(item, of_tensor) for item in x))
        if type(x) is tuple:
            return _tuple([self._expression(item, of_tensor) for item in x])
        if type(x) is dict:
            items = (f"{key!r}: {self._expression(item, of_tensor)}" for key, item in x.items())
            return "{{{}}}".format(", ".join(items))
        return self._known_name(x) or self._constant(x)

    def _known_name(self, x: Any) -> str | None:
        name, known = self._named.get(id(x), (None, None))
        if name is None or known() is not x:
            return None
        self._varies = self._varies or name not in self.constants
        return name

    def _constant(self, x: Any) -> str:
        base = getattr(x, "base", None) if isinstance(x, np.ndarray) else None
        while base is not None:
            if self._known_name(base) not in (None, *self.constants):
                self.why_not = "a part of an array was taken outside of operations"
            base = getattr(base, "base", None)
        name = self._free(_as_name(getattr(x, "__name__", "constant")))
        self.constants[name] = x
        return self._name(x, name)

    def _free(self, name: str) -> str:
        """The name, or the same with another number behind it."""
        stem, number = re.fullmatch(r"(.*?)(\d*)", name).groups()
        number = int(number or 1)
        while name in self._taken:
            number = self._last.get(stem, number) + 1
            self._last[stem] = number
            name = f"{stem}{number}"
        self._taken.add(name)
        return name


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _as_name(text: str) -> str:
    """A name in Python that is much like the text, and not one for what a kernel gave."""
    name = re.sub(r"\W+", "_", text).strip("_")
    usable = name.isidentifier() and not keyword.iskeyword(name)
    return name if usable and not re.fullmatch(r"a\d*", name) else f"x_{name}"


def _with_deletions(lines: list[str], end: list[str]) -> list[str]:
    """The program with each name deleted behind its last use, to give memory back early."""
    used = set(re.findall(r"\w+", " ".join(end)))
    result: list[str] = []
    for line in lines[::-1]:
        last = sorted(set(re.findall(r"\ba\d+\b", line)) - used)
        used.update(last)
        if last:
            result.append(f"del {', '.join(last)}")
        result.append(line)
    return result[::-1]


def _equal(x: Any, y: Any) -> bool:
    """Whether two constants are the same, to the last bit."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
    return x is y or (type(x) is type(y) and not isinstance(x, np.ndarray) and bool(x == y))
