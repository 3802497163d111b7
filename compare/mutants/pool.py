"""Judges planted bugs in several processes at a time, as each bug needs a minicnn of its own."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from compare import parity
from compare.cases.case import Case
from compare.cli.outcome import CannotCompare
from compare.mutants import compiled_bugs
from compare.mutants.planted import Bug
from compare.mutants.sampled import servers, trees
from compare.mutants.trial import Trial

AT_A_TIME = min(2, os.cpu_count() or 1)

Answers = dict[tuple[str, str], parity.Answer]


class Pool:
    """Processes with a `Trial` each. Results come in the order in which they are found."""

    def __init__(self, executor: Executor):
        self._executor = executor

    def judged(self, bugs: dict[Bug, Sequence[Case]]) -> Iterator[dict[str, Any]]:
        """The result of each bug, judged by its cases. Those in compiled kernels begin first."""
        order = sorted(bugs, key=lambda bug: not bug.is_compiled)
        return self._results(_judge, [(bug, list(bugs[bug])) for bug in order])

    def false_alarms(self, cases: Sequence[Case]) -> list[set[str]]:
        """For each case, the weaker checks that reject it without any bug."""
        return list(self._results(_false_alarms, [(case,) for case in cases]))

    def _results(self, function: Callable[..., Any], arguments: Sequence[tuple]) -> Iterator[Any]:
        waiting: list[Future] = [self._executor.submit(function, *a) for a in arguments]
        try:
            yield from (future.result() for future in as_completed(waiting))
        except BrokenProcessPool:
            raise CannotCompare("a process that plants bugs ended early.") from None


@contextmanager
def opened(answers: Answers) -> Iterator[Pool]:
    """Context with a pool; `answers` are what Keras says about each case."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answers").write_bytes(pickle.dumps(answers))
        executor = ProcessPoolExecutor(
            AT_A_TIME, multiprocessing.get_context("spawn"), _begin, (folder,)
        )
        try:
            yield Pool(executor)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        finally:
            executor.shutdown()


class _Process:
    """What a process of the pool has: its trial, and a server once a compiled bug needs it."""

    def __init__(self, folder: Path):
        self.trial = Trial(pickle.loads((folder / "answers").read_bytes()))
        self._folder = folder

    @cached_property
    def source(self) -> Path:
        """A copy of the source without bugs."""
        return trees.first_copy(self._folder / f"process-{os.getpid()}" / "source")

    @cached_property
    def server(self) -> servers.Server:
        """Runs compiled bugs; closed at the end of the process."""
        server = servers.Server(keras=False)
        atexit.register(server.close)
        return server


_process: _Process


def _begin(folder: str) -> None:
    global _process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's matter
    _process = _Process(Path(folder))


def _judge(bug: Bug, cases: list[Case]) -> dict[str, Any]:
    trial = _process.trial
    if not bug.is_compiled:
        return trial.run(bug, cases)
    pairs = trial.holding(cases)
    found = compiled_bugs.findings(_process.server, _process.source, bug, pairs)
    return trial.compiled(bug, cases, found)


def _false_alarms(case: Case) -> set[str]:
    return _process.trial.false_alarms(case)
