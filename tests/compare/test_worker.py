import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from compare.cli.outcome import CannotCompare
from compare.libraries import worker


def counts(library, n):
    print("what a library prints is no result")
    yield from range(n)


def fails(library):
    yield 1
    raise ValueError("no such thing")


def dies(library):
    yield 1
    os.kill(os.getpid(), signal.SIGSEGV)


def leaves(library):
    print("last words", file=sys.stderr)
    os._exit(3)
    yield


def doubles(library, questions):
    for question in questions:
        yield 2 * question


def fails_on_three(library, questions):
    for question in questions:
        if question == 3:
            raise ValueError("not three")
        yield question


@pytest.fixture
def run(monkeypatch):
    """Functions of this file in a worker whose Keras is not the real one."""
    monkeypatch.setattr(worker, "check_installed", lambda backend: None)
    start = [
        sys.executable,
        "-c",
        "import compare.libraries as l, compare.libraries.worker as w, sys;"
        "l.keras_on = lambda b: b; w._serve(sys.argv[1])",
    ]
    popen = worker.subprocess.Popen
    monkeypatch.setattr(
        worker.subprocess, "Popen", lambda command, **kw: popen([*start, command[-1]], **kw)
    )
    return lambda name, *args: worker.in_keras(
        "tensorflow", f"tests.compare.test_worker:{name}", *args
    )


def test_results_come_one_by_one(run):
    assert list(run("counts", 3)) == [0, 1, 2]


def large(library, path):
    """Results that fill a pipe; the file says that all were computed."""
    yield from [bytes(10**6)] * 9
    Path(path).touch()


def test_keras_does_not_wait_until_a_result_is_used(run, tmp_path):
    done = tmp_path / "done"
    results = run("large", str(done))
    next(results)
    end = time.monotonic() + 60
    while not done.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert done.exists() and len(list(results)) == 8


def test_what_is_not_used_is_not_waited_for(run, monkeypatch):
    monkeypatch.setattr(worker, "AHEAD", 1)
    results, threads = run("counts", 1000), threading.active_count()
    assert next(results) == 0
    results.close()
    end = time.monotonic() + 60
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= threads


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("fails", "Keras on tensorflow raised ValueError: no such thing"),
        ("dies", r"crashed: it ended by signal SIGSEGV"),
        ("leaves", r"crashed: it ended with exit code 3. Its last line: last words"),
    ],
)
def test_the_end_of_the_process_is_reported(run, function, sentence):
    with pytest.raises(CannotCompare, match=sentence):
        list(run(function))


def test_a_backend_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setattr(worker.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CannotCompare, match=r"pip install 'minicnn\[compare-jax\]'"):
        worker.check_installed("jax")


def test_items_give_results_one_by_one(run):
    with worker.open_worker("tensorflow", "tests.compare.test_worker:doubles") as ask:
        assert [ask(1), ask("a")] == [2, "aa"]


def test_an_item_that_fails_is_reported(run):
    function = "tests.compare.test_worker:fails_on_three"
    with worker.open_worker("tensorflow", function) as ask:
        assert ask(2) == 2
        with pytest.raises(CannotCompare, match="raised ValueError: not three"):
            ask(3)
