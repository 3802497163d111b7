"""A computation written down as the kernels that it ran: a short program, to be run again.

For batches of one shape, a step of training runs the same kernels in the same order each time.
What leads from one kernel to the next (layers, operations, the tape) costs more than the kernels,
if the network is small, and it always comes to the same result. So a recording notes each kernel
with the names of what it got and gave, and is in the end a Python function without a branch:

    def step(input_1, input_2):
        v0 = variables[0].snapshot().array  # dense/kernel
        ...
        a1 = reshape(input_1, newshape=(32, 784))
        (a2, _) = dense_forward(a1, v0, v1, activation='relu')
        ...
        variables[7].replace(a40)  # loss/total
        return [Tensor(a31), Tensor(a38)]

Arrays are known by identity: an input, the value of a variable, or what an earlier kernel gave. Any
other array is a constant. Names count up, and none comes from a user: what looks different to a
user may be one name to Python ("fi" and "ﬁ"), or no name at all. The recording says itself where
it cannot stand for the computation (`obstacle`): if Python looked at the values of a tensor, for
example, and may have acted on them. That constants are constant, only a second recording can tell:
compare with `same_as`.
"""

from __future__ import annotations

import contextlib
import keyword
import math
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.tracing import set_open_recording
from minicnn.autodiff.variable import Variable

PLAIN = (bool, int, str, type(None))


class Line(NamedTuple):
    """A kernel's call: names for what it gave, the call itself, and the names in both."""

    target: str
    call: str
    names: set[str]


class Recording:
    """What is computed from some inputs and variables, inside `with recording.open():`.

    Args:
        inputs: arrays, each another one.
        variables: all variables that the computation may read or assign.
    """

    def __init__(self, inputs: Sequence[np.ndarray], variables: Sequence[Variable]):
        self.obstacle: str | None = None
        self.constants: dict[str, Any] = {}
        self._lines: list[Line] = []
        self._uses: set[str] = set()  # names in the call that is being added, without constants
        self._made: set[str] = set()  # names for what kernels gave
        self._named: dict[int, tuple[str, Any]] = {}  # names by identity, and how to know it again
        self._taken = {"Tensor", "variables"}
        self._last: dict[str, int] = {}  # number behind the last name of a stem
        self._inputs = [self._name(x, f"input_{i}") for i, x in enumerate(inputs, 1)]
        self._variables = {
            self._name(v.snapshot().array, f"v{i}"): v for i, v in enumerate(variables)
        }
        self._before = [(v, v.snapshot()) for v in variables]
        if len(self._named) < len(inputs) + len(variables):
            self.obstacle = "an array is the value of several variables or inputs"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Inside, the kernel calls of this thread are recorded."""
        before = set_open_recording(self)
        try:
            yield
        finally:
            set_open_recording(before)

    def add_call(self, function: Callable, arguments: Any, settings: dict, result: Any) -> None:
        """`result = function(*arguments, **settings)`."""
        self._uses = set()
        parts = [self._expression(x) for x in arguments]
        parts += [f"{name}={self._expression(x)}" for name, x in settings.items()]
        if not self._uses:
            return  # what is computed from constants alone is one more constant
        call = f"{self._known_name(function) or self._constant(function)}({', '.join(parts)})"
        uses, makes = self._uses, set()
        target = self._target(result, makes)
        self._lines.append(Line(target, call, uses | makes))

    def finish(self, outputs: Any) -> None:
        """The computation is done and gave tensors, nested in lists, tuples and dicts."""
        self._uses = set()
        self._returned = self._expression(outputs, "Tensor({})")
        self._assigned = {
            name: self._expression(variable.snapshot().array)
            for (variable, before), name in zip(self._before, self._variables, strict=True)
            if variable.snapshot() is not before
        }
        for name, value in self._assigned.items():
            if value in self.constants:
                path = self._variables[name].path
                self.obstacle = f"variable {path!r} was given a value that no kernel made"
        self._named.clear()
        self._before.clear()

    def same_as(self, other: Recording) -> bool:
        """Whether both are the same program, with the same constants, and both can stand for it."""
        return (
            self.obstacle is None
            and other.obstacle is None
            and self._text() == other._text()
            and [*map(id, self._variables.values())] == [*map(id, other._variables.values())]
            and all(_equal(x, other.constants[name]) for name, x in self.constants.items())
        )

    def source(self) -> str:
        """The program's text, with the variables' paths as comments."""
        return self._text(lambda variable: f"  # {repr(variable.path)[1:-1]}")

    def program(self) -> Callable:
        """A function of the inputs that computes, assigns and returns the same."""
        scope = {**self.constants, "Tensor": Tensor, "variables": [*self._variables.values()]}
        exec(compile(self._text(), "<recording>", "exec"), scope)
        return scope["step"]

    def _text(self, comment: Callable[[Variable], str] = lambda variable: "") -> str:
        used = self._uses.union(*(line.names for line in self._lines))
        begin, end = [], []
        for i, (name, variable) in enumerate(self._variables.items()):
            if name in used:
                begin.append(f"{name} = variables[{i}].snapshot().array{comment(variable)}")
            if name in self._assigned:
                end.append(f"variables[{i}].replace({self._assigned[name]}){comment(variable)}")
        lines = [*begin, *self._body(), *end, f"return {self._returned}"]
        return "\n".join([f"def step({', '.join(self._inputs)}):", *(f"    {x}" for x in lines)])

    def _body(self) -> list[str]:
        """The calls, each name deleted behind its last use, to give memory back early."""
        used = set(self._uses)
        body: list[str] = []
        for target, call, names in self._lines[::-1]:
            last = sorted(names & self._made - used)
            used.update(last)
            if last:
                body.append(f"del {', '.join(last)}")
            body.append(f"{target} = {call}" if target else call)
        return body[::-1]

    def _target(self, result: Any, makes: set[str]) -> str:
        """Names for what a kernel gave, which are added to `makes`."""
        if result is None:
            return ""
        if isinstance(result, (tuple, list)) and result:
            return _tuple([self._target(x, makes) or "_" for x in result])
        name = self._name(result, self._free("a1"))
        self._made.add(name)
        makes.add(name)
        return name

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
        if type(x) in PLAIN or (type(x) is float and math.isfinite(x)):
            return repr(x)
        if type(x) is list:
            return "[{}]".format(", ".join(self._expression(item, of_tensor) for item in x))
        if type(x) is tuple:
            return _tuple([self._expression(item, of_tensor) for item in x])
        if type(x) is dict:
            pairs = [[self._expression(part, of_tensor) for part in pair] for pair in x.items()]
            return "{{{}}}".format(", ".join(map(": ".join, pairs)))
        return self._known_name(x) or self._constant(x)

    def _known_name(self, x: Any) -> str | None:
        name = self._name_of(x)
        if name is not None and name not in self.constants:
            self._uses.add(name)
        return name

    def _name_of(self, x: Any) -> str | None:
        name, known = self._named.get(id(x), (None, None))
        return None if name is None or known() is not x else name

    def _constant(self, x: Any) -> str:
        base = getattr(x, "base", None) if isinstance(x, np.ndarray) else None
        while base is not None:
            if self._name_of(base) not in (None, *self.constants):
                self.obstacle = "a part of an array was taken outside of operations"
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


def _as_name(text: Any) -> str:
    """A name in Python that is much like the text, and not one of those that count up."""
    name = re.sub(r"\W+", "_", str(text), flags=re.ASCII).strip("_")[:40]
    usable = name.isidentifier() and not keyword.iskeyword(name)
    return name if usable and not re.fullmatch(r"(a|v|input_|step)\d*", name) else f"x_{name}"


def _equal(x: Any, y: Any) -> bool:
    """Whether two constants are the same, to the last bit."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
    return x is y or (type(x) is type(y) and not isinstance(x, np.ndarray) and bool(x == y))
