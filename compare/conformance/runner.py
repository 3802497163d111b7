"""Runs one file of Keras's tests with pytest, in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest import SkipTest

import pytest

from compare.conformance import shims
from compare.conformance.missing_names import Missing
from compare.conformance.names import BACKEND_OF_FILE, BACKEND_OF_TEST
from compare.libraries.worker import QUIET

TEST_SECONDS = 120  # of processor time, so that a busy machine does not fail a test
FILE_SECONDS = 3600
WHOLE_FILE = "(the whole file)"
PYTEST_CODES = (0, 1, 2, 5)  # all passed, some failed, the file cannot be imported, no tests
OPTIONS = [
    *("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--noconftest", "-W", "ignore"),
    *("-c", os.devnull, "--tb", "short", "-o", "python_files=*_test.py"),
]
PRELOADED = ("ml_dtypes", "scipy", "tensorflow", "absl.testing.parameterized", "minicnn.models")
MARKERS = ("requires_trainable_backend: trains", "multi_device: on several devices")


class FinishedTest(NamedTuple):
    """The outcome of one test: "passed", "failed" or "skipped", and why."""

    test: str
    outcome: str
    why: str


def preload() -> None:
    """Import what most files need, once for all files. Packages that are missing are skipped.

    NumPy knows bfloat16, which some tests name, only after ml_dtypes was imported.
    """
    os.environ.update({**QUIET, **os.environ})
    errors, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    os.dup2(errors, 2)
    os.close(errors)
    os.close(silence)


def run_file(source: Path, file: str, folder: Path) -> list[FinishedTest]:
    """Run a file's tests in a forked process. If the process dies or hangs, the file fails."""
    record = folder / (file.replace("/", "__") + ".jsonl")
    record.touch()
    child = os.fork()
    if not child:
        _in_child(source, file, record)
    ended = _wait(child)
    found = [FinishedTest(*json.loads(line)) for line in record.read_text().splitlines()]
    return found if ended is None else [*found, FinishedTest(WHOLE_FILE, "failed", ended)]


def _wait(child: int) -> str | None:
    """Wait for the child; returns how it ended if that was not normal."""
    deadline = time.monotonic() + FILE_SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return None if code in PYTEST_CODES else f"the process ended with code {code}"
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return f"not done after {FILE_SECONDS} s"


def _in_child(source: Path, file: str, record: Path) -> None:
    gc.freeze()  # what TensorFlow left in the parent cannot be freed without its threads
    code = 70
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(record.parent)
        backend = shims.install(source)
        _add_conftest(backend)
        plugin = Plugin(source, file, backend, record)
        code = pytest.main([*OPTIONS, "--rootdir", str(source), str(source / file)], [plugin])
    finally:
        os._exit(int(code))


def _add_conftest(backend: shims.BackendName) -> None:
    """Add the module `conftest`, which the tests import and the archive lacks."""
    module: Any = ModuleType("conftest")
    module.skip_if_backend = lambda name, reason: pytest.mark.skipif(
        backend() == name, reason=reason
    )
    sys.modules["conftest"] = module


class Plugin:
    """A pytest plugin that imports test files under Keras's names and saves the outcomes."""

    def __init__(self, source: Path, file: str, backend: shims.BackendName, record: Path):
        self._source, self._file, self._backend = source, file, backend
        self._record = record.open("a", buffering=1)
        self._outcomes: dict[str, tuple[str, str]] = {}

    def pytest_configure(self, config: Any) -> None:
        """Declare the markers of Keras's tests."""
        for marker in MARKERS:
            config.addinivalue_line("markers", marker)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: Any) -> Any:
        """Collect folders as folders, not as packages: Keras's `__init__.py` are not imported."""
        return pytest.Dir.from_parent(parent, path=path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: Any) -> Any:
        """Collect a module that is imported under its name in Keras."""
        module = _Module.from_parent(parent, path=module_path)
        module.source, module.backend = self._source, self._backend
        return module

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Skip tests that need several devices."""
        for item in items:
            if "multi_device" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="several devices"))

    def pytest_collectreport(self, report: Any) -> None:
        """Save that a file failed, as it cannot be imported, or that it skips itself."""
        if report.failed or (report.skipped and report.nodeid):
            outcome = "failed" if report.failed else "skipped"
            self._write(WHOLE_FILE, outcome, str(report.longrepr)[-300:])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Any:
        """Run one test, with a time limit."""
        name = item.nodeid.partition("::")[2]
        names = (value for part, value in BACKEND_OF_TEST.items() if part in name)
        self._outcomes[name] = ("passed", "")
        Missing.importing, self._backend.name = False, next(names, None)
        signal.signal(signal.SIGPROF, _out_of_time)
        signal.setitimer(signal.ITIMER_PROF, TEST_SECONDS)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            Missing.importing, self._backend.name = True, None
            self._write(name, *self._outcomes.pop(name))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Save the outcome of setup, call or teardown."""
        name = report.nodeid.partition("::")[2]
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message if crash else str(report.longrepr)
            if self._outcomes[name][0] != "failed":
                self._outcomes[name] = ("failed", why[:300])
        elif report.skipped and self._outcomes[name][0] == "passed":
            why = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
            self._outcomes[name] = ("skipped", str(why)[:200])

    def _write(self, *outcome: str) -> None:
        self._record.write(json.dumps(outcome) + "\n")


class _Module(pytest.Module):
    source: Path
    backend: shims.BackendName

    def _getobj(self) -> ModuleType:
        file = Path(self.path).resolve().relative_to(self.source)
        name = "keras.src." + ".".join(file.with_suffix("").parts)
        spec = importlib.util.spec_from_file_location(name, self.path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        self.backend.name = BACKEND_OF_FILE.get(file.as_posix())
        try:
            spec.loader.exec_module(module)
        except SkipTest as skipped:
            raise pytest.skip.Exception(str(skipped), allow_module_level=True) from None
        except pytest.skip.Exception:
            raise
        except Exception as error:
            raise self.CollectError(f"{type(error).__name__}: {error}") from error
        finally:
            self.backend.name = None
        return module


def _out_of_time(*_: Any) -> None:
    raise TimeoutError(f"not done after {TEST_SECONDS} s of processor time")
