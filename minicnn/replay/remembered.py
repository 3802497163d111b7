"""Keeps the recorded steps of a model from one call of `fit`, `predict` or `train_on_batch` to the
next, and from epoch to epoch.

Whether they still hold is looked at whenever a loop begins: see `ReplayedStep.begin`. While a loop
runs, its step is taken out of the model's memory, so that two threads, or a callback that calls
`predict` in the middle of `predict`, never share one: the second gets a new one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.layers.base.ownership_cache import ownership_cached
from minicnn.replay.replayed_step import ReplayedStep
from minicnn.replay.step_memory import ATTRIBUTE, StepMemory


@contextlib.contextmanager
def remembered_step(
    trainer: Any, method: str, make: Callable[[], ReplayedStep]
) -> Iterator[ReplayedStep]:
    """The model's recorded step, or a new one; inside, lists of what layers own are cached.

    A step in which an exception is raised is not kept.
    """
    memory = vars(trainer).setdefault(ATTRIBUTE, StepMemory())
    step = memory.steps.pop(method, None)
    if step is None or step.trainer is not trainer:  # a copy of a model shares its attributes
        step = make()
    with ownership_cached(step.begin()):
        yield step
    memory.steps[method] = step
