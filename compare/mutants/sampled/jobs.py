"""The jobs of a server's processes: run tests, or cases and networks, and record what they run.

Here minicnn is the one of the copy. Every event is short (see `server.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ENDINGS = (
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.NO_TESTS_COLLECTED,
)
Send = Callable[..., None]
ARGUMENTS = ("-q", "-x", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=0")


def run_tests(send: Send, items: list[str], words: Sequence[str] = ()) -> None:
    """Run tests or files of tests in this order, up to the first that fails.

    Of files, those tests are run first that have one of the words in their name.
    """
    files = list(dict.fromkeys(item.partition("::")[0] for item in items))
    chosen = Chosen(send, items, words)
    status = pytest.main([*ARGUMENTS, *files], plugins=[chosen])
    if status not in ENDINGS and not chosen.failed:
        send("unusable", why=f"the tests cannot be collected: pytest ends with {status!r}")


class Chosen:
    """A plugin of pytest: only these tests, in this order. Sends which begins, and which fails."""

    def __init__(self, send: Send, chosen: list[str], words: Sequence[str]):
        self.failed = False
        self._words = words
        self._send = send
        self._number = {item: i for i, item in enumerate(chosen)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave the chosen tests."""
        items[:] = [item for item in items if self._place(item.nodeid) is not None]
        items.sort(key=lambda item: (self._is_far(item.nodeid), self._place(item.nodeid)))

    def _is_far(self, test: str) -> bool:
        return not any(word in test.lower() for word in self._words)

    def _place(self, test: str) -> int | None:
        return self._number.get(test, self._number.get(test.partition("::")[0]))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._send("item", name=nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = True
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", "") or "error"
            self._send("wrong", name=report.nodeid, why=why)


def record_tests(send: Send, paths: list[str], data: str, notes: str) -> None:
    """Run all tests of these files, and store the lines, the kernels and the time of each."""
    with recording(data) as recorder:
        pytest.main(
            [*(a for a in ARGUMENTS if a != "-x"), *paths], plugins=[Recorded(send, recorder)]
        )
    Path(notes).write_text(json.dumps(recorder.notes))


class Recorded:
    """A plugin of pytest that records each test."""

    def __init__(self, send: Send, recorder: Recorder):
        self._send = send
        self._recorder = recorder

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._send("item", name=item.nodeid)
        with self._recorder.item(item.nodeid):
            result = yield
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not report.passed:
            self._recorder.notes[report.nodeid]["passed"] = False


class Recorder:
    """Notes the seconds and the kernels of each item; coverage.py notes its lines."""

    def __init__(self, coverage: Any):
        self.notes: dict[str, dict[str, Any]] = {}
        self.kernels: set[str] = set()
        self._coverage = coverage

    @contextmanager
    def item(self, name: str) -> Iterator[None]:
        """Context that all lines and kernels inside are noted for."""
        self.notes[name] = {"passed": True}
        self.kernels.clear()
        self._coverage.switch_context(name)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.notes[name]["seconds"] = time.perf_counter() - start
            self.notes[name]["kernels"] = sorted(self.kernels)
            self._coverage.switch_context("")


@contextmanager
def recording(data: str) -> Iterator[Recorder]:
    """Context in which coverage.py is on and the calls of compiled kernels are noted."""
    import coverage

    measured = coverage.Coverage(
        data_file=data, source=[str(Path("minicnn").resolve())], config_file=False, messages=False
    )
    measured.set_option("run:relative_files", True)
    measured.start()
    recorder = Recorder(measured)
    _note_kernels(recorder.kernels)
    try:
        yield recorder
    finally:
        measured.stop()
        measured.save()


def _note_kernels(called: set[str]) -> None:
    """Note each kernel that Python calls: its lines are machine code, so no line is seen."""
    from compare.mutants.sampled import kernel_calls
    from minicnn.backend.numba.compiler.code_cache import Kernel

    run = Kernel.__call__

    def noted(kernel: Any, *arguments: Any) -> Any:
        called.add(kernel_calls.known_as(kernel.py_func))
        return run(kernel, *arguments)

    Kernel.__call__ = noted


def record_items(send: Send, stored: str, items: list[str], data: str, notes: str) -> None:
    """Run cases and networks on minicnn, and store what each runs, and its time."""
    found = _stored(stored)
    with recording(data) as recorder:
        for name in items:
            send("item", name=name)
            item = found[name]
            with recorder.item(name):
                item.run()
    Path(notes).write_text(json.dumps(recorder.notes))


def run_items(send: Send, stored: str, items: list[str]) -> None:
    """Judge cases and networks in this order, up to the first that is wrong."""
    found = _stored(stored)
    for name in items:
        send("item", name=name)
        wrong = found[name].wrong()
        if wrong is not None:
            send("wrong", name=name, why=wrong)
            return


def _stored(path: str) -> Any:
    from compare.mutants.sampled.items import StoredItems

    return StoredItems(Path(path))
