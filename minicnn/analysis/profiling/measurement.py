"""Runs the steps that `fit` runs, and measures the whole of them and their parts in turns."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minicnn import tree
from minicnn.analysis.profiling.eager import Stopwatch
from minicnn.analysis.profiling.owners import Owner, Owners
from minicnn.analysis.profiling.replayed import AttributedRecording
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.random.state import random_state, set_random_state
from minicnn.replay.replayed_step import ReplayedStep, kind_of
from minicnn.trainers.all_or_nothing import Transactions, state_variables
from minicnn.trainers.batch import as_tensors
from minicnn.trainers.build_model import build_for_any_batch_size
from minicnn.trainers.epoch_iterator import EpochIterator

BATCH, AROUND = Owner("batch", "forward"), Owner("around the step", "forward")
COPIES = 6  # of the batch, from which `fit` cuts its batches
FEWEST_STEPS, MOST_STEPS = 12, 300


class Measured(NamedTuple):
    """What was measured.

    Attributes:
        step_seconds: of the whole step, mean of the fastest quarter.
        parts: seconds of each owner, likewise.
        memory: bytes made by each owner; empty for a step that is executed normally.
        most_memory: bytes alive at once; None likewise.
        replayed: whether the step is replayed.
        steps: how many were measured.
        owners: knows the layers of the rows.
    """

    step_seconds: float
    parts: dict[Owner, float]
    memory: dict[Owner, int]
    most_memory: int | None
    replayed: bool
    steps: int
    owners: Owners


def measured(model: Any, x: Any, y: Any, sample_weight: Any, seconds: float) -> Measured:
    """Measures training steps on a batch, for about so many seconds."""
    state = random_state()
    try:
        with contextlib.ExitStack() as stack:
            batch = (x, y, sample_weight)
            build_for_any_batch_size(model, batch)
            stack.enter_context(temporary_values(state_variables(model)))
            transactions = stack.enter_context(Transactions(model))
            step = stack.enter_context(model._step("train_step"))
            return _measured(model, batch, step, transactions, seconds)
    finally:
        set_random_state(state)


def _measured(
    model: Any, batch: tuple, step: Callable, transactions: Transactions, seconds: float
) -> Measured:
    batches = _Batches(batch)
    for _ in range(4):  # builds, compiles, records
        step(as_tensors(batches.take()))
    owners = Owners(model)
    replayed = isinstance(step, ReplayedStep) and bool(step._programs)
    kind = _Replayed if replayed else _Eager
    parts = kind(model, as_tensors(batches.take()), transactions, owners)
    whole: list[float] = []
    detailed: list[dict[Owner, float]] = []
    end = time.perf_counter() + seconds
    while len(whole) < FEWEST_STEPS or (time.perf_counter() < end and len(whole) < MOST_STEPS):
        for _ in range(3):
            begin = time.perf_counter()
            step(as_tensors(batches.take()))
            whole.append(time.perf_counter() - begin)
        for _ in range(3):
            detailed.append(_parts_of_a_step(batches, parts))
    # Other programs disturb a step in any of its parts, so whole steps are chosen, not parts.
    detailed = _fastest(detailed, key=lambda spent: sum(spent.values()))
    names = {owner: None for spent in detailed for owner in spent}
    means = {o: float(np.mean([spent.get(o, 0.0) for spent in detailed])) for o in names}
    memory, most = parts.memory()
    step_seconds = float(np.mean(_fastest(whole, key=float)))
    return Measured(step_seconds, means, memory, most, replayed, len(whole), owners)


def _fastest(steps: list, key: Callable) -> list:
    """The fastest quarter of the steps."""
    return sorted(steps, key=key)[: (len(steps) + 3) // 4]


def _parts_of_a_step(batches: _Batches, parts: Any) -> dict[Owner, float]:
    begin = time.perf_counter()
    data = as_tensors(batches.take())
    start = time.perf_counter()
    spent = parts.run(data)
    whole = time.perf_counter() - start
    return {BATCH: start - begin, **spent, AROUND: max(whole - sum(spent.values()), 0.0)}


class _Batches:
    """Batches as `fit` cuts them from arrays: copies of one batch, shuffled, without an end."""

    def __init__(self, batch: tuple):
        copies = tree.map_structure(_copied, batch)
        rows = len(tree.flatten(batch[0])[0])
        self.iterator = EpochIterator(*copies, batch_size=rows, shuffle=True)
        self._all = self._forever()

    def _forever(self) -> Iterator[Any]:
        while True:
            with contextlib.closing(self.iterator.enumerate_epoch()) as steps:
                for _, _, batches in steps:
                    yield from batches

    def take(self) -> Any:
        return next(self._all)


def _copied(x: Any) -> Any:
    return None if x is None else np.concatenate([np.asarray(x)] * COPIES)


class _Replayed:
    """The parts of a step that is replayed: the same program with a clock between its lines."""

    def __init__(self, model: Any, data: Any, transactions: Transactions, owners: Owners):
        self._transactions = transactions
        inputs: list[np.ndarray] = []
        kind_of(data, inputs)
        step = model._without_logs("train_step")
        with owners.observed():
            self._recording = AttributedRecording(inputs, state_variables(model), owners)
            with self._recording.open():
                logs = transactions.run(step, data)
            self._recording.finish(logs)
        self._rows: list[Owner] = []
        self._spent: list[float] = [0.0] * len(set(self._recording.line_owners))
        self._program = self._recording.timed_program(self._rows, self._spent)

    def run(self, data: Any) -> dict[Owner, float]:
        """The seconds of each owner in one step."""
        inputs: list[np.ndarray] = []
        kind_of(data, inputs)
        self._spent[:] = [0.0] * len(self._spent)
        self._transactions.run(self._program, *inputs)
        return dict(zip(self._rows, self._spent, strict=False))

    def memory(self) -> tuple[dict[Owner, int], int]:
        """Of the arrays that the program makes."""
        return self._recording.memory()


class _Eager:
    """The parts of a step that is executed normally, by a clock that is read at each kernel."""

    def __init__(self, model: Any, data: Any, transactions: Transactions, owners: Owners):
        self._run: Callable = functools.partial(transactions.run, model._checked("train_step"))
        if model._inherits("train_step"):
            self._run = functools.partial(transactions.run, model._without_logs("train_step"))
        self._owners = owners

    def run(self, data: Any) -> dict[Owner, float]:
        """The seconds of each owner in one step."""
        stopwatch = Stopwatch(self._owners)
        with self._owners.observed():
            stopwatch.run(self._run, data)
        return dict(stopwatch.spent)

    def memory(self) -> tuple[dict[Owner, int], None]:
        """Nothing is known of it."""
        return {}, None
