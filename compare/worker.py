"""Real Keras in a process of its own, so that its backend is chosen and its crash is survived.

The parent starts `python -m compare.worker BACKEND` and sends it, pickled, the name of a function
`module:function` and its arguments. The function yields results, which come back one by one.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from compare.libraries import EXTRAS
from compare.outcome import CannotCompare

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
}


def check_installed(backend: str) -> None:
    """Say which extra brings a backend that is not there."""
    for module in ("keras", backend):
        if importlib.util.find_spec(module) is None:
            raise CannotCompare(
                f"{module} is not installed, which Keras on {backend} needs: "
                f"pip install 'minicnn[{EXTRAS[backend]}]'."
            )


def in_keras(backend: str, function: str, *arguments: Any) -> Iterator[Any]:
    """What `function(library, *arguments)` yields in a process with real Keras.

    An exception that the function lets through is reported as that, and so is a process that
    ends before its work is done.
    """
    with _started(backend) as (process, errors):
        _send(process, (function, arguments))
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        yield from _results(process, errors, backend)


@contextlib.contextmanager
def conversation(backend: str, function: str) -> Iterator[Callable[[Any], Any]]:
    """Inside, a function that sends a question to a process with real Keras and gives its answer.

    There, `function(library, questions)` yields an answer for each of the questions.
    """
    with _started(backend) as (process, errors):
        _send(process, (function, None))
        answers = _results(process, errors, backend)

        def ask(question: Any) -> Any:
            _send(process, question)
            return next(answers)

        yield ask


@contextlib.contextmanager
def _started(backend: str) -> Iterator[tuple[subprocess.Popen, BinaryIO]]:
    check_installed(backend)
    environment = {**QUIET, **os.environ, "KERAS_BACKEND": backend}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "compare.worker", backend],
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


def _send(process: subprocess.Popen, thing: Any) -> None:
    """Of a process that has ended, the end of its results tells."""
    with contextlib.suppress(BrokenPipeError):
        pickle.dump(thing, process.stdin)
        process.stdin.flush()


def _results(process: subprocess.Popen, errors: BinaryIO, backend: str) -> Iterator[Any]:
    while True:
        try:
            kind, value = pickle.load(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise CannotCompare(_end(process, errors, backend)) from None
        if kind == "end":
            return
        if kind == "error":
            raise CannotCompare(f"Keras on {backend} raised {value}")
        yield value


def _end(process: subprocess.Popen, errors: BinaryIO, backend: str) -> str:
    """A sentence about a process that ended too early."""
    code = process.wait()
    how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    errors.seek(0)
    said = errors.read().decode(errors="replace").strip().splitlines()
    last = f" Its last words: {said[-1][:300]}" if said else ""
    return f"The process of Keras on {backend} crashed: it ended {how}.{last}"


def _serve(backend: str) -> None:
    """The child: results go to what was standard output, all that libraries print to errors."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function, arguments = pickle.load(sys.stdin.buffer)
    arguments = (_questions(),) if arguments is None else arguments

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


def _questions() -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)
        except EOFError:
            return


if __name__ == "__main__":
    _serve(sys.argv[1])
