"""Records a computation as the list of its kernel calls, and makes a Python function of that list.

For batches of one shape, a step of training runs the same kernels in the same order each time. In
a small network, what leads from one kernel to the next (layers, operations, the tape) costs more
than the kernels, and always comes to the same calls. A recording gives each array a name and each
kernel call a line, and makes a Python function without a branch of them:

    def step(input_1, input_2):
        v0 = variables[0].snapshot().array  # dense/kernel
        ...
        a1 = reshape(input_1, newshape=(32, 784))
        (a2, _) = dense_forward(a1, v0, v1, activation='relu')
        ...
        variables[7].replace(a40)  # loss/total
        adam.apply([Tensor(a31), Tensor(a38)], [variables[0], variables[1]])
        ...
        return get_metrics_result

Arrays are known by identity: an input, the value of a variable, or the result of an earlier kernel.
Any other array is a constant. Names count up, and none comes from a user: what looks different to a
user may be one name to Python ("fi" and "ﬁ"), or no name at all. Where the function would not do
the same as the computation, `obstacle` says why: if Python read the values of a tensor, for
example, and may have acted on them. Whether constants are constant, only a second recording can
tell: compare with `same_as`.
"""

from __future__ import annotations

import contextlib
import keyword
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.tracing import set_open_recording
from minicnn.autodiff.variable import Variable
from minicnn.replay.lines import CachedCall, Line, as_tuple, lines_as_text, split, weak_reference

PLAIN = (bool, int, str, type(None))
SEVERAL = "?"
"""The name of an array that is the value of several variables or results."""


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
        self._uses: set[str] = set()  # names in the line that is being added, without constants
        self._named: dict[int, tuple[str, Any]] = {}  # names by identity, and how to know it again
        self._taken = {"Tensor", "of_variables", "variables"}
        self._last: dict[str, int] = {}  # number behind the last name of a stem
        self._inputs = [self._name(x, f"input_{i}") for i, x in enumerate(inputs, 1)]
        self._variables = [*variables]
        self._numbers = {id(v): i for i, v in enumerate(variables)}
        self._known = [v.snapshot() for v in variables]
        for i, value in enumerate(self._known):
            name = self._name(value.array, f"v{i}")
            self._taken.add(name)
            self._lines.append(self._reading(name, i))
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
        """Adds `result = function(*arguments, **settings)`."""
        self._uses = set()
        parts = [self._expression(x) for x in arguments]
        parts += [f"{name}={self._expression(x)}" for name, x in settings.items()]
        if not self._uses:
            return  # what is computed from constants alone is one more constant
        call = f"{self._known_name(function) or self._constant(function)}({', '.join(parts)})"
        makes: set[str] = set()
        target = self._target(result, makes)
        self._lines.append(Line(target, call, self._uses, makes))

    @contextlib.contextmanager
    def one_call(self, owner: Any, method: str, arguments: Any, settings: dict) -> Iterator[None]:
        """Adds `owner.method(*arguments, **settings)`, and records nothing inside.

        Variables have their values before it, and are read again after it.
        """
        self._assign()
        self._uses = set()
        parts = [self._argument(x) for x in arguments]
        parts += [f"{name}={self._argument(x)}" for name, x in settings.items()]
        name = self._known_name(owner) or self._constant(owner)
        self._lines.append(Line("", f"{name}.{method}({', '.join(parts)})", self._uses))
        before = set_open_recording(None)
        try:
            yield
        finally:
            set_open_recording(before)
        self._read_again()

    def finish(self, outputs: Any) -> None:
        """The computation is done and gave tensors, nested in lists, tuples and dicts."""
        self._assign()
        self._uses = set()
        self._returned = self._expression(outputs, "Tensor({})")
        self._named.clear()
        self._known.clear()

    def same_as(self, other: Recording) -> bool:
        """Whether both are the same program with the same constants, without an obstacle."""
        return (
            self.obstacle is None
            and other.obstacle is None
            and self._text(self._lines) == other._text(other._lines)
            and [*map(id, self._variables)] == [*map(id, other._variables)]
            and all(_equal(x, other.constants[name]) for name, x in self.constants.items())
        )

    def source(self) -> str:
        """The program's text, with the variables' paths as comments."""
        return self._text(self._lines, lambda variable: f"  # {repr(variable.path)[1:-1]}")

    def program(self) -> Callable:
        """A function of the inputs that computes, assigns and returns the same.

        What follows from variables alone is computed again only where one has another value.
        """
        scope = {**self.constants, "Tensor": Tensor, "variables": self._variables}
        early, lines = split(self._lines, self._uses)
        if early:
            exec(compile(early, "<recorded step>", "exec"), scope)
            scope["of_variables"] = CachedCall(scope["of_variables"])
        exec(compile(self._text(lines), "<recorded step>", "exec"), scope)
        return scope["step"]

    def _assign(self) -> None:
        """Adds the assignments of the variables that have other values now."""
        for i, (variable, before) in enumerate(zip(self._variables, self._known, strict=True)):
            value = variable.snapshot()
            if value is before:
                continue
            self._uses = set()
            name = self._expression(value.array)
            if name in self.constants:
                self.obstacle = f"variable {variable.path!r} was given a value that no kernel made"
            call = f"variables[{i}].replace({name})"
            self._lines.append(Line("", call, self._uses, variable=variable))
            self._known[i] = value

    def _read_again(self) -> None:
        """Gives names to the values of variables that a call has changed."""
        for i, (variable, before) in enumerate(zip(self._variables, self._known, strict=True)):
            value = variable.snapshot()
            if value is before:
                continue
            self._known[i] = value
            if self._name_of(value.array) is not None:
                self._name(value.array, SEVERAL)
                continue
            name = self._name(value.array, self._free(f"v{i}"))
            self._lines.append(self._reading(name, i))

    def _reading(self, name: str, i: int) -> Line:
        call, variable = f"variables[{i}].snapshot().array", self._variables[i]
        return Line(name, call, set(), {name}, variable, reads=True)

    def _text(
        self, lines: list[Line], comment: Callable[[Variable], str] = lambda variable: ""
    ) -> str:
        used = self._uses.union(*(line.uses for line in lines))
        lines = [line for line in lines if not line.reads or line.makes & used]
        body = [*lines_as_text(lines, self._uses, comment), f"return {self._returned}"]
        return "\n".join([f"def step({', '.join(self._inputs)}):", *(f"    {x}" for x in body)])

    def _target(self, result: Any, makes: set[str]) -> str:
        """Names for the results of a kernel, which are added to `makes`."""
        if result is None:
            return ""
        if isinstance(result, (tuple, list)) and result:
            return as_tuple([self._target(x, makes) or "_" for x in result])
        name = self._name(result, self._free("a1"))
        makes.add(name)
        return name

    def _name(self, x: Any, name: str) -> str:
        # Arrays live no longer for having names, and another at the same place is not mistaken.
        self._named[id(x)] = (name, weak_reference(x))
        return name

    def _argument(self, x: Any) -> str:
        """What stands for an argument that may hold tensors and variables themselves."""
        if isinstance(x, Variable) and id(x) in self._numbers:
            return f"variables[{self._numbers[id(x)]}]"
        if type(x) is list:
            return "[{}]".format(", ".join(map(self._argument, x)))
        return self._expression(x, "Tensor({})")

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
            return as_tuple([self._expression(item, of_tensor) for item in x])
        if type(x) is dict:
            pairs = [[self._expression(part, of_tensor) for part in pair] for pair in x.items()]
            return "{{{}}}".format(", ".join(map(": ".join, pairs)))
        return self._known_name(x) or self._constant(x)

    def _known_name(self, x: Any) -> str | None:
        name = self._name_of(x)
        if name == SEVERAL:
            self.obstacle = "an array is the value of several variables or results"
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
        called = getattr(x, "__name__", None) or getattr(x, "name", "constant")
        name = self._free(_as_name(called))
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
