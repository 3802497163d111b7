"""Replays a step from its recorded kernel calls once two recordings are identical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff.variable_scopes import autocast_dtype
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

    `run` and `may_change` are attributes too: each loop sets its own.
    """

    def __init__(
        self,
        trainer: Any,
        step: Callable,
        variables: Callable[[], list],
        run: Callable = lambda function, *arguments: function(*arguments),
        may_change: bool = True,
    ):
        self.trainer = trainer
        self.run = run
        self.may_change = may_change
        self._step = step
        self._variables = variables
        self._forget()

    def begin(self) -> dict:
        """Begins a loop: what is recorded holds if all that the model leads to is as it was.

        Returns:
            The cache of what layers own, which holds as long.
        """
        if self._reachable is not None and self._reachable.changed():
            self._look_again()
        if self._too_many:
            self._forget_programs()
        return self._owned if self._can_be_replayed else {}

    def __call__(self, data: Any) -> Any:
        if self.may_change and self._reachable is not None and self._reachable.changed():
            self._look_again()
        inputs: list[np.ndarray] = []
        try:
            kind = kind_of(data, inputs)
        except TypeError:
            return self.run(self._step, data)
        program = self._programs.get(kind)
        if program is None:
            return self._record(kind, data, inputs)
        try:
            return self.run(program, *inputs)
        except Exception:
            # Executed normally, the error names the layer; if there is none, replay was at fault.
            del self._programs[kind]
            self._recorded[kind] = MOST_RECORDINGS
            return self.run(self._step, data)

    def _look_again(self) -> None:
        """Forgets all unless only something has changed that the model does not lead to."""
        before, could_be_replayed = self._reachable, self._can_be_replayed
        self._look()
        same = self._can_be_replayed is could_be_replayed and self._reachable.same_as(before)
        if not same:
            self._forget_programs()

    def _look(self) -> None:
        self._reachable = Reachable(self.trainer, configuration.values)
        self._can_be_replayed = may_replay(self.trainer) and not (
            self._reachable.unknown or _keeps_losses(self.trainer)
        )

    def _forget(self) -> None:
        self._reachable: Reachable | None = None
        self._can_be_replayed = False
        self._forget_programs()

    def _forget_programs(self) -> None:
        self._owned: dict = {}
        self._too_many = False  # kinds of batches, in the last loop
        self._programs: dict[tuple, Callable] = {}
        self._recorded: dict[tuple, int] = {}  # how many times
        self._recordings: dict[tuple, Recording] = {}

    def _record(self, kind: tuple, data: Any, inputs: list[np.ndarray]) -> Any:
        """The result, executed normally; recorded, and made a program if it was the same twice."""
        if not self._is_worth_recording(kind):
            return self.run(self._step, data)
        recording = Recording(inputs, self._all_variables())
        with recording.open():
            result = self.run(self._step, data)
        recording.finish(result)
        before = self._recordings.pop(kind, None)
        if before is not None and recording.same_as(before):
            self._programs[kind] = recording.program()
        else:
            self._recordings[kind] = recording
        return result

    def _is_worth_recording(self, kind: tuple) -> bool:
        if kind not in self._recorded and len(self._recorded) == MOST_KINDS:
            self._too_many = True
            return False
        count = self._recorded[kind] = self._recorded.get(kind, 0) + 1
        return count <= MOST_RECORDINGS and self._only_computes()

    def _only_computes(self) -> bool:
        """Whether the model consists of this library's code, and is to be replayed."""
        if self._reachable is None:
            self._look()
        return self._can_be_replayed

    def _all_variables(self) -> list:
        """Those that are known, and others in reach: a loss may be weighted by a variable."""
        return [*{id(v): v for v in [*self._variables(), *self._reachable.variables]}.values()]


def may_replay(trainer: Any) -> bool:
    """Whether neither the model nor the settings say that steps are executed normally.

    Inside an `AutocastScope`, variables are read in other types than in what was recorded.
    """
    return configuration.replay() and not trainer.run_eagerly and autocast_dtype() is None


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
