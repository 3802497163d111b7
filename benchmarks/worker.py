"""Runs a library in a process of its own, which executes requests one at a time.

The parent writes a request as a line of JSON, `{"do": "prepare", ...}` or `{"do": "round", ...}`;
the child answers with a line. Between requests the child waits without using the processor, so the
workers of all libraries can run at the same time and take turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import Any, TextIO

from benchmarks.libraries import NAMED, Library


class Failed(Exception):
    """Raised when a library fails to run what is timed."""


class Worker:
    """The parent's side. Use it in a `with` statement, which ends the child."""

    def __init__(self, library: Library):
        self.name = library.name
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", library.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=library.environment(),
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def call(self, do: str, **settings: Any) -> dict[str, Any]:
        """Send a request; returns the child's answer."""
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"do": do, **settings}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_error()}
        if "error" in answer:
            raise Failed(f"{self.name}: {answer['error']}")
        return answer

    def _last_error(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return f"its process ended with {self.process.wait()}. {lines[-1][:300] if lines else ''}"


def serve(requests: Iterable[str], answers: TextIO, session: Any) -> None:
    """Run in the child: answer requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        try:
            answer = getattr(session, request.pop("do"))(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), file=answers, flush=True)


def main(name: str) -> None:
    """Answer on standard output; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, answers, _session(NAMED[name]))


def _session(library: Library) -> Any:
    if library.has_keras_api:
        from benchmarks.session import Session

        return Session(library)
    from benchmarks.plain_torch import TorchSession

    return TorchSession(library)


if __name__ == "__main__":
    main(sys.argv[1])
