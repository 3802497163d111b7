"""Times the program that `fit` replays, line by line, each line for its layer."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.analysis.profiling.owners import METRICS, OPTIMIZER, Owner, Owners
from minicnn.autodiff.tensor import Tensor
from minicnn.replay.lines import lines_as_text
from minicnn.replay.program import Recording


class AttributedRecording(Recording):
    """A recording that knows which layer each of its lines belongs to.

    Attributes:
        line_owners: the owner of each line.
        sizes: bytes of each array that a line makes, by the array's name.
    """

    def __init__(self, inputs: Sequence, variables: Sequence, owners: Owners):
        super().__init__(inputs, variables)
        self._owners = owners
        self.sizes: dict[str, int] = {}
        self._counted: dict[int, Callable] = {}  # arrays whose bytes are in `sizes`
        self.line_owners: list[Owner] = []
        self._attribute(Owner("weights", "forward"))

    def _attribute(self, owner: Owner) -> None:
        self.line_owners += [owner] * (len(self._lines) - len(self.line_owners))

    def add_call(self, function: Callable, arguments: Any, settings: dict, result: Any) -> None:
        """As for `Recording`."""
        super().add_call(function, arguments, settings, result)
        self._attribute(self._owners.now())
        for x in tree.flatten(result):
            name = self._name_of(x) if isinstance(x, np.ndarray) else None
            if name is not None:
                self.sizes[name] = self._new_bytes(x)

    def _new_bytes(self, x: np.ndarray) -> int:
        """The bytes behind a result; 0 if it is a view of an array that is known."""
        root = x
        while isinstance(root.base, np.ndarray):
            root = root.base
        known = self._counted.get(id(root), lambda: None)() is root
        known = known or (root is not x and self._name_of(root) is not None)
        self._counted[id(root)] = weakref.ref(root)
        return 0 if known else root.nbytes

    @contextlib.contextmanager
    def one_call(self, *arguments: Any) -> Iterator[None]:
        """As for `Recording`; such a call is the optimizer's."""
        with super().one_call(*arguments):
            self._attribute(Owner(OPTIMIZER, "forward"))
            yield
        self._attribute(Owner(OPTIMIZER, "forward"))
        self._owners.after_update = True

    def finish(self, outputs: Any) -> None:
        """As for `Recording`."""
        super().finish(outputs)
        self._attribute(Owner(METRICS, "forward"))

    def timed_program(self, rows: list[Owner], spent: list[float]) -> Callable:
        """The program; it adds the seconds of each owner to `spent`, in the order of `rows`."""
        used = self._uses.union(*(line.uses for line in self._lines))
        pairs = [
            (line, owner)
            for line, owner in zip(self._lines, self.line_owners, strict=True)
            if not line.reads or line.makes & used
        ]
        text = lines_as_text([line for line, _ in pairs], self._uses)
        body, number, before = ["_last = _clock()"], -1, None
        for code in text:
            owner = before
            if not code.startswith("del "):
                number += 1
                owner = pairs[number][1]
            if before is not None and owner != before:
                body.append(_tick(rows, before))
            body.append(code)
            before = owner
        body += [_tick(rows, before), f"return {self._returned}"]
        lines = [f"def step({', '.join(self._inputs)}):", *(f"    {x}" for x in body)]
        scope = {**self.constants, "Tensor": Tensor, "variables": self._variables}
        scope |= {"_clock": time.perf_counter, "_spent": spent}
        exec(compile("\n".join(lines), "<timed step>", "exec"), scope)
        return scope["step"]

    def memory(self) -> tuple[dict[Owner, int], int]:
        """Bytes that each owner's lines make, and the most that are alive at once."""
        made: dict[Owner, int] = {}
        for line, owner in zip(self._lines, self.line_owners, strict=True):
            made[owner] = made.get(owner, 0) + sum(self.sizes.get(name, 0) for name in line.makes)
        alive = most = 0
        used = self._uses.union(*(line.uses for line in self._lines))
        lines = [line for line in self._lines if not line.reads or line.makes & used]
        for code in lines_as_text(lines, self._uses):
            if code.startswith("del "):
                alive -= sum(self.sizes.get(name, 0) for name in code[4:].split(", "))
            else:
                alive += sum(self.sizes.get(name, 0) for name in _targets(code))
            most = max(most, alive)
        return made, most


def _targets(code: str) -> list[str]:
    """The names that a line of code assigns."""
    target, equals, _ = code.partition(" = ")
    return [x.strip("() ") for x in target.split(",")] if equals else []


def _tick(rows: list[Owner], owner: Owner) -> str:
    if owner not in rows:
        rows.append(owner)
    i = rows.index(owner)
    return f"_now = _clock(); _spent[{i}] += _now - _last; _last = _now"
