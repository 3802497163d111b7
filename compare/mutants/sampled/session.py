"""Runs the judges on drawn mutants, on two servers at a time."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare
from compare.mutants.sampled import items, recorded, trees
from compare.mutants.sampled.draw import Mutant
from compare.mutants.sampled.judging import Judge, Judging, words_of
from compare.mutants.sampled.nearest import nearest_tests
from compare.mutants.sampled.progress import Progress
from compare.mutants.sampled.recorded import Recorded, Runner
from compare.mutants.sampled.servers import Server
from compare.mutants.sampled.stored import FOLDER, Verdicts, digest

TESTS, COMPARE = "tests", "parity + fuzz"
AT_A_TIME = min(2, os.cpu_count() or 1)
SUPPORT = ("tests/conftest.py", "tests/gradients.py", "pyproject.toml")
QUICK_LIMIT = 40.0
PARTS = 4  # of cases and networks, which are recorded at the same time
NETWORKS = 60
QUICK_NETWORKS = 6
QUICK_SHARE = 8  # one of so many cases is run with --quick, besides the nearest
ITEMS = "compare/mutants/sampled/items.py"
KERNEL_CALLS = "compare/mutants/sampled/kernel_calls.py"  # how recorded kernels are named

Work = Callable[[Server], None]


class Session:
    """Judges mutants of the present source.

    Args:
        backend: the backend of Keras.
        quick: whether only the nearest files of tests and the nearest and some other cases are
            run, so that little is recorded, and each judge has QUICK_LIMIT seconds.
    """

    def __init__(self, backend: str, quick: bool):
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._quick = quick
        self._backend = backend
        state = digest(["minicnn", "tests", "compare", "pyproject.toml"])
        self.tree = trees.first_copy(FOLDER / f"source-{state}")
        self.verdicts = Verdicts(FOLDER / f"verdicts-{state}{'-quick' * quick}.jsonl")
        comparisons = digest(["compare", ITEMS], self.tree)
        self._networks = QUICK_NETWORKS if quick else NETWORKS
        self._items = FOLDER / f"items-{backend}-{self._networks}-{comparisons}.items"
        self._servers: list[Server] = []

    def run(self, mutants: Sequence[Mutant], tell: Callable[[Mutant], None]) -> None:
        """Judge those mutants that have no verdict yet; `tell` is called when one has."""
        waiting = [m for m in mutants if self.verdicts.get(m) is None]
        for mutant in mutants:
            if self.verdicts.get(mutant) is not None:
                tell(mutant)
        if not waiting:
            return
        if not self._items.exists():
            Progress("asking Keras", 2).step()
            items.write(self._items, self._backend, self._networks)
        with ExitStack() as stack:
            self._servers = list(stack.enter_context(_servers()))
            tests, cases = self._record(waiting)
            progress, telling = Progress("mutants", len(waiting)), threading.Lock()
            judgings = {server: Judging(server, self.tree, self._limit) for server in self._servers}

            def judge(mutant: Mutant) -> Work:
                def work(server: Server) -> None:
                    verdicts = self._judge(judgings[server], mutant, tests, cases)
                    with telling:
                        self.verdicts.add(mutant, verdicts)
                        tell(mutant)
                    progress.step(mutant.file)

                return work

            self._share([judge(mutant) for mutant in waiting])

    @property
    def _limit(self) -> float:
        return QUICK_LIMIT if self._quick else 300.0

    def _judge(
        self, judging: Judging, mutant: Mutant, tests: Recorded | None, cases: Recorded
    ) -> dict[str, Any]:
        if tests is None:
            near = [Runner(file, 1.0) for file in nearest_tests(self.tree, mutant)]
        else:
            near = tests.runners(mutant)
        words = words_of(mutant) if tests is None else []
        judges = (
            (Judge(TESTS, "run_tests", {"words": words}), near),
            (Judge(COMPARE, "run_items", {"stored": str(self._items)}), cases.runners(mutant)),
        )
        with trees.changed(self.tree, mutant.file, mutant.text) as tree:
            return {
                judge.name: asdict(judging.verdict(judge, mutant, tree, runners))
                for judge, runners in judges
            }

    def _record(self, mutants: Sequence[Mutant]) -> tuple[Recorded | None, Recorded]:
        """What runs which lines; what is missing is recorded first."""
        library = digest(["minicnn", KERNEL_CALLS], self.tree)
        names = items.StoredItems(self._items).names
        if self._quick:
            names = _near(mutants, names)
        parts = {
            f"cases-{i}-{library}-{self._items.stem}-{_short(part)}": part
            for i, part in enumerate(names[i::PARTS] for i in range(PARTS))
        }
        jobs = [
            (group, "record_items", {"stored": str(self._items), "items": part})
            for group, part in parts.items()
        ]
        groups = {} if self._quick else self._groups(library)
        jobs += [(group, "record_tests", {"paths": files}) for group, files in groups.items()]
        jobs = [job for job in jobs if not recorded.is_recorded(FOLDER, job[0])]
        progress = Progress("recording which lines each test runs", len(jobs))

        def record(job: tuple[str, str, dict[str, Any]]) -> Work:
            def work(server: Server) -> None:
                recorded.record(server, self.tree, FOLDER, *job)
                progress.step(job[0])

            return work

        self._share([record(job) for job in jobs])
        tests = None if self._quick else Recorded(self.tree, FOLDER, list(groups))
        return tests, Recorded(self.tree, FOLDER, list(parts))

    def _groups(self, library: str) -> dict[str, list[str]]:
        """The groups of tests by a name with a digest of what they depend on."""
        named = {}
        for group, files in recorded.groups_of_tests(self.tree).items():
            parts = [*files, *SUPPORT, *_helpers(self.tree, files)]
            parts += ["compare", "benchmarks"] if group.startswith("tests.compare") else []
            named[f"{group}-{library}-{digest(parts, self.tree)}"] = files
        return named

    def _share(self, work: Sequence[Work]) -> None:
        """Do the work on all servers, in order. The first error ends all of it."""
        waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        for piece in work:
            waiting.put(piece)
        errors: list[BaseException] = []

        def serve(server: Server) -> None:
            while not errors:
                try:
                    waiting.get_nowait()(server)
                except queue.Empty:
                    return
                except BaseException as error:
                    errors.append(error)

        threads = [
            threading.Thread(target=serve, args=(server,), daemon=True) for server in self._servers
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)  # so that Ctrl-C is seen at once
        except KeyboardInterrupt:
            errors.append(CannotCompare("stopped; the same command continues where it was."))
        if errors:
            raise errors[0]


def _near(mutants: Sequence[Mutant], names: Sequence[str]) -> list[str]:
    """The networks, the cases with a word of a mutant in their name, and a share of the others."""
    words = {"fuzz network", *(word for mutant in mutants for word in words_of(mutant))}
    return [
        name
        for i, name in enumerate(names)
        if i % QUICK_SHARE == 0 or any(word in name.lower() for word in words)
    ]


def _short(names: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]


def _helpers(tree: Path, files: Sequence[str]) -> list[str]:
    """The other files in the folders of tests, such as `cases.py`."""
    folders = {str(Path(file).parent) for file in files}
    return [
        path.relative_to(tree).as_posix()
        for folder in folders
        for path in (tree / folder).glob("*.py")
        if not path.name.startswith("test_")
    ]


@contextmanager
def _servers() -> Iterator[list[Server]]:
    with ExitStack() as stack:
        servers = [Server() for _ in range(AT_A_TIME)]
        for server in servers:
            stack.callback(server.close)
        yield servers
