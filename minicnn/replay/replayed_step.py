"""Replays a step from its recorded kernel calls once two recordings are identical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.common import configuration
from minicnn.replay.program import Recording
from minicnn.replay.reachable import Reachable

MOST_RECORDINGS = 5  # of batches of one kind; if no two are identical until then, none will be
MOST_KINDS = 16  # of batches that are recorded; a source with more has others all the time


class ReplayedStep:
    """`step(data)`, replayed where that gives the same.

    Args:
        trainer: the model that the step trains or applies.
        step: from a batch to tensors, nested in lists, tuples and dicts, or to a function that is
            the same each time. All else that it does is to assign variables.
        variables: returns all variables that the step may read or assign.
        run: `run(function, *arguments)` calls the step, or the program in its place.
        may_change: whether other code may run between two steps, and change what they compute.
    """

    def __init__(
        self,
        trainer: Any,
        step: Callable,
        variables: Callable[[], list],
        run: Callable = lambda function, *arguments: function(*arguments),
        may_change: bool = True,
    ):
        self._trainer = trainer
        self._step = step
        self._variables = variables
        self._run = run
        self._may_change = may_change
        self._forget()

    def __call__(self, data: Any) -> Any:
        if self._may_change and self._reachable is not None and self._reachable.changed():
            self._forget()
        inputs: list[np.ndarray] = []
        try:
            kind = kind_of(data, inputs)
        except TypeError:
            return self._run(self._step, data)
        program = self._programs.get(kind)
        if program is None:
            return self._record(kind, data, inputs)
        try:
            return self._run(program, *inputs)
        except Exception:
            # Executed normally, the error names the layer; if there is none, replay was at fault.
            del self._programs[kind]
            self._recorded[kind] = MOST_RECORDINGS
            return self._run(self._step, data)

    def _forget(self) -> None:
        self._reachable: Reachable | None = None
        self._programs: dict[tuple, Callable] = {}
        self._recorded: dict[tuple, int] = {}  # how many times
        self._recordings: dict[tuple, Recording] = {}
        self._can_be_replayed = False

    def _record(self, kind: tuple, data: Any, inputs: list[np.ndarray]) -> Any:
        """The result, executed normally; recorded, and made a program if it was the same twice."""
        if not self._is_worth_recording(kind):
            return self._run(self._step, data)
        recording = Recording(inputs, self._all_variables())
        with recording.open():
            result = self._run(self._step, data)
        recording.finish(result)
        before = self._recordings.pop(kind, None)
        if before is not None and recording.same_as(before):
            self._programs[kind] = recording.program()
        else:
            self._recordings[kind] = recording
        return result

    def _is_worth_recording(self, kind: tuple) -> bool:
        if kind not in self._recorded and len(self._recorded) == MOST_KINDS:
            return False
        count = self._recorded[kind] = self._recorded.get(kind, 0) + 1
        return count <= MOST_RECORDINGS and self._only_computes()

    def _only_computes(self) -> bool:
        """Whether the model consists of this library's code, and is to be replayed."""
        if self._reachable is None:
            self._reachable = Reachable(self._trainer, configuration.values)
            self._can_be_replayed = may_replay(self._trainer) and not (
                self._reachable.unknown or _keeps_losses(self._trainer)
            )
        return self._can_be_replayed

    def _all_variables(self) -> list:
        """Those that are known, and others in reach: a loss may be weighted by a variable."""
        return [*{id(v): v for v in [*self._variables(), *self._reachable.variables]}.values()]


def may_replay(trainer: Any) -> bool:
    """Whether neither the model nor the settings say that steps are executed normally."""
    return configuration.replay() and not trainer.run_eagerly


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
    """Whether layers add to their losses in a call, which users may read after it."""
    layers = trainer._flatten_layers()
    return any(layer.activity_regularizer is not None or layer._losses for layer in layers)
