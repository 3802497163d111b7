"""The two libraries that are trained, and their results, saved or new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import minicnn as our_library
from compare.accuracy.finished_runs import FinishedRuns
from compare.accuracy.runs import Task, digest, trained
from compare.cli.table import paragraph, progress
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN


class TrainingLibrary(NamedTuple):
    """A library, and the function that runs trainings on it.

    `settings` are those of the library's properties that results depend on: its version or source.
    """

    name: str
    title: str
    settings: dict[str, str]
    trained: Callable[[list[Task]], Iterator[dict[str, float]]]


def keras(backend: str) -> TrainingLibrary:
    """Real Keras, in one process for all runs."""
    return TrainingLibrary(
        "keras",
        f"Keras on {backend}",
        {name: metadata.version(name) for name in ("keras", backend)},
        lambda tasks: worker.in_keras(backend, "compare.accuracy.runs:trained", tasks),
    )


def minicnn() -> TrainingLibrary:
    """minicnn, in this process."""
    source = digest(*sorted(Path(our_library.__file__).parent.rglob("*.py")))
    settings = {"minicnn": source, "backend": our_library.config.backend()}
    return TrainingLibrary("minicnn", "minicnn", settings, lambda tasks: trained(MiniCNN(), tasks))


def results(
    library: TrainingLibrary, tasks: list[Task], finished: FinishedRuns
) -> list[tuple[Task, dict[str, float]]]:
    """Each task with its result: from the file, or else from a new training."""
    settings = [{**library.settings, **task.settings()} for task in tasks]
    todo = [i for i, each in enumerate(settings) if finished.get(each) is None]
    saved = len(tasks) - len(todo)
    _print(f"{library.title}: {len(tasks)} runs, of which {saved} are in {finished.path}.")
    answers = library.trained([tasks[i] for i in todo]) if todo else iter(())
    for done, i in enumerate(todo):
        what = f"{library.title}, {tasks[i].dataset}, seed {tasks[i].seed}"
        progress(done, len(todo), what)
        result = next(answers)
        finished.add(settings[i], result)
        progress(1, 1, "")
        _print(f"{what}: {100 * result['accuracy']:.2f} % in {result['seconds']:.0f} s")
    return [(task, finished.get(each)) for task, each in zip(tasks, settings, strict=True)]


def _print(text: str) -> None:
    print(paragraph(text), flush=True)
