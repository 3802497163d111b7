"""Runs real Keras in a process of its own: each backend needs one, and a crash ends only that.

The parent starts `python -m compare.libraries.worker BACKEND` and sends it, pickled, the name of
a function `module:function` and its arguments. The function yields results, which are sent back
one by one.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from compare.cli.outcome import CannotCompare
from compare.libraries import EXTRAS

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
}

AHEAD = 100  # results that are read before the first of them is used


def check_installed(backend: str) -> None:
    """Raise an error that names the extra to install if Keras or the backend is missing."""
    for module in ("keras", backend):
        if importlib.util.find_spec(module) is None:
            raise CannotCompare(
                f"{module} is not installed, which Keras on {backend} needs: "
                f"pip install 'minicnn[{EXTRAS[backend]}]'."
            )


def in_keras(backend: str, function: str, *arguments: Any) -> Iterator[Any]:
    """Yields the results of `function(library, *arguments)`, run in a process with real Keras.

    Raises CannotCompare if the function raises an error or the process ends too early.
    """
    with _started(backend) as (process, errors):
        _send(process, (function, arguments))
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        yield from _read_ahead(_results(process, errors, backend))


def _read_ahead(results: Iterator[Any]) -> Iterator[Any]:
    """The same results, read by a thread, so that Keras does not wait until each is used."""
    waiting: queue.Queue[tuple[bool, Any]] = queue.Queue(AHEAD)
    over = threading.Event()

    def put(is_last: bool, value: Any) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put((is_last, value), timeout=1)
                return

    def read() -> None:
        try:
            for value in results:
                put(False, value)
            put(True, None)
        except BaseException as error:
            put(True, error)

    threading.Thread(target=read, daemon=True).start()
    try:
        while not (got := waiting.get())[0]:
            yield got[1]
        if got[1] is not None:
            raise got[1]
    finally:
        over.set()


@contextlib.contextmanager
def open_worker(backend: str, function: str) -> Iterator[Callable[[Any], Any]]:
    """Context with a function that sends an item to a process with real Keras: returns its result.

    In that process, `function(library, items)` yields a result for each item.
    """
    with _started(backend) as (process, errors):
        _send(process, (function, None))
        results = _results(process, errors, backend)

        def run_in_keras(item: Any) -> Any:
            _send(process, item)
            return next(results)

        yield run_in_keras


@contextlib.contextmanager
def _started(backend: str) -> Iterator[tuple[subprocess.Popen, BinaryIO]]:
    check_installed(backend)
    environment = {**QUIET, **os.environ, "KERAS_BACKEND": backend}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "compare.libraries.worker", backend],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
        try:
            yield process, errors
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _send(process: subprocess.Popen, item: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # the process has ended: `_results` raises the error
        pickle.dump(item, process.stdin)
        process.stdin.flush()


def _results(process: subprocess.Popen, errors: BinaryIO, backend: str) -> Iterator[Any]:
    while True:
        try:
            kind, value = pickle.load(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise CannotCompare(_crash_message(process, errors, backend)) from None
        if kind == "end":
            return
        if kind == "error":
            raise CannotCompare(f"Keras on {backend} raised {value}")
        yield value


def _crash_message(process: subprocess.Popen, errors: BinaryIO, backend: str) -> str:
    """A sentence about a process that ended too early, with the last line it printed."""
    code = process.wait()
    how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    last = f" Its last line: {lines[-1][:300]}" if lines else ""
    return f"The process of Keras on {backend} crashed: it ended {how}.{last}"


def _serve(backend: str) -> None:
    """Run in the child: results go to standard output; what libraries print, to standard error."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function, arguments = pickle.load(sys.stdin.buffer)
    arguments = (_items(),) if arguments is None else arguments

    def send(kind: str, value: Any = None) -> None:
        pickle.dump((kind, value), results)
        results.flush()

    from compare.libraries import keras_on

    module, _, name = function.partition(":")
    try:
        library = keras_on(backend)
        for value in getattr(importlib.import_module(module), name)(library, *arguments):
            send("value", value)
    except Exception as error:
        send("error", f"{type(error).__name__}: {error}")
    send("end")


def _items() -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)
        except EOFError:
            return


if __name__ == "__main__":
    _serve(sys.argv[1])
