"""The two that train, and what they have trained already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import minicnn as our_library
from compare import worker
from compare.accuracy.runs import Task, digest, trained
from compare.accuracy.state import State
from compare.libraries.minicnn import MiniCNN
from compare.table import progress


class Trainer(NamedTuple):
    """A library: what the results depend on in it, and the function from tasks to results."""

    name: str
    shown: str
    settings: dict[str, str]
    trained: Callable[[list[Task]], Iterator[dict[str, float]]]


def keras(backend: str) -> Trainer:
    """Real Keras, in one process for all runs."""
    return Trainer(
        "keras",
        f"Keras on {backend}",
        {name: metadata.version(name) for name in ("keras", backend)},
        lambda tasks: worker.in_keras(backend, "compare.accuracy.runs:trained", tasks),
    )


def minicnn() -> Trainer:
    """minicnn, here."""
    source = digest(*sorted(Path(our_library.__file__).parent.rglob("*.py")))
    settings = {"minicnn": source, "backend": our_library.config.backend()}
    return Trainer("minicnn", "minicnn", settings, lambda tasks: trained(MiniCNN(), tasks))


def results(
    library: Trainer, tasks: list[Task], state: State
) -> list[tuple[Task, dict[str, float]]]:
    """Each task with its result, from the file or else from training."""
    settings = [{**library.settings, **task.settings()} for task in tasks]
    todo = [i for i, each in enumerate(settings) if state.get(each) is None]
    there = len(tasks) - len(todo)
    _say(f"{library.shown}: {len(tasks)} runs, of which {there} are in {state.path}.")
    answers = library.trained([tasks[i] for i in todo]) if todo else iter(())
    for done, i in enumerate(todo):
        what = f"{library.shown}, {tasks[i].dataset}, seed {tasks[i].seed}"
        progress(done, len(todo), what)
        result = next(answers)
        state.add(settings[i], result)
        progress(1, 1, "")
        _say(f"{what}: {100 * result['accuracy']:.2f} % in {result['seconds']:.0f} s")
    return [(task, state.get(each)) for task, each in zip(tasks, settings, strict=True)]


def _say(text: str) -> None:
    print(text, flush=True)
