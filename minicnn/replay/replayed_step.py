"""Steps that are run by heart, once two of them turned out to be the same program.

The first two steps for batches of a shape run through the layers' own code, and leave a recording
each (see `replay/program.py`): the list of all kernels, and what each of them got. If both are
the same, every further step of the epoch runs that list and nothing else, with the same results to
the last bit. In a small network this saves most of the time of a step.

Only a model made of this library's parts is learned by heart, since code of others may do what no
list of kernels shows (print, count, change its mind). As soon as anything changes that can be
reached from the model (see `reachable.py`), everything is forgotten. `compile(run_eagerly=True)`
never begins with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.common import configuration
from minicnn.replay.program import Recording
from minicnn.replay.reachable import Reachable

ATTEMPTS = 5  # with batches of one kind, before a function is thought to be different each time
KINDS = 16  # of batches; a source that has more gives another kind each time


class ReplayedStep:
    """`function(data)`, by heart where it is known.

    Args:
        trainer: the model that the function trains or applies.
        function: from a batch to tensors; everything else that it does is to assign variables.
        variables: gives all variables that the function may read or assign.
    """

    def __init__(self, trainer: Any, function: Callable, variables: Callable[[], list]):
        self._trainer = trainer
        self._function = function
        self._variables = variables
        self._forget()

    def __call__(self, data: Any) -> Any:
        if self._reachable is not None and self._reachable.changed():
            self._forget()
        inputs: list[np.ndarray] = []
        try:
            kind = kind_of(data, inputs)
        except TypeError:
            return self._function(data)
        program = self._programs.get(kind)
        if program is None:
            return self._learn(kind, data, inputs)
        try:
            return program(*inputs)
        except Exception:  # the long way says which layer it is about; if it gets through, for good
            del self._programs[kind]
            self._attempts[kind] = ATTEMPTS
            return self._function(data)

    def _forget(self) -> None:
        self._reachable: Reachable | None = None
        self._programs: dict[tuple, Callable] = {}
        self._attempts: dict[tuple, int] = {}
        self._recordings: dict[tuple, Recording] = {}
        self._can_be_learned = False

    def _learn(self, kind: tuple, data: Any, inputs: list[np.ndarray]) -> Any:
        """The result, found the long way; and a program, if that way was the same twice."""
        if kind not in self._attempts and len(self._attempts) == KINDS:
            return self._function(data)
        attempt = self._attempts[kind] = self._attempts.get(kind, 0) + 1
        if attempt > ATTEMPTS or not self._may_learn():
            return self._function(data)
        recording = Recording(inputs, self._all_variables())
        with recording.open():
            result = self._function(data)
        recording.finish(result)
        before = self._recordings.pop(kind, None)
        if before is not None and recording.same_as(before):
            self._programs[kind] = recording.program()
        else:
            self._recordings[kind] = recording
        return result

    def _may_learn(self) -> bool:
        if self._reachable is None:
            self._reachable = Reachable(self._trainer, configuration.values)
            self._can_be_learned = not (
                self._trainer.run_eagerly or self._reachable.unknown or _keeps_losses(self._trainer)
            )
        return self._can_be_learned

    def _all_variables(self) -> list:
        """Those that are known, and others in reach: a loss may be weighted by a variable."""
        return [*{id(v): v for v in [*self._variables(), *self._reachable.variables]}.values()]


def kind_of(data: Any, inputs: list[np.ndarray]) -> Any:
    """Structure, shapes and types of a batch; its arrays are added to `inputs`."""
    if type(data) is Tensor:
        inputs.append(data.array)
        return data.array.shape, data.array.dtype
    if isinstance(data, dict):
        return tuple(data), tuple([kind_of(x, inputs) for x in data.values()])
    if isinstance(data, (tuple, list)):
        return tuple([kind_of(x, inputs) for x in data])
    if data is None:
        return None
    raise TypeError(f"A batch must consist of arrays. Received a {type(data).__name__} in it.")


def _keeps_losses(trainer: Any) -> bool:
    """Whether layers add to their losses in a call, which can be asked for afterwards."""
    layers = trainer._flatten_layers()
    return any(layer.activity_regularizer is not None or layer._losses for layer in layers)
