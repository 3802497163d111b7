"""Starts servers (`server.py`) and watches the time of their jobs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare
from compare.libraries.worker import QUIET

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)
NOT_PASSED_ON = ("PYTHONPATH", "NUMBA_CACHE_DIR", "MINICNN_BACKEND", "NUMBA_DISABLE_JIT")

IMPORTED = ("numpy", "numba", "scipy", "h5py", "hypothesis", "pytest", "coverage", "pandas")
KERAS = ("tensorflow", "keras")
JOBS = "compare.mutants.sampled.jobs:"  # the module of most functions that are run

Event = dict[str, Any]


class Server:
    """A server's process; `keras` says whether Keras is imported. `run` yields a job's events."""

    def __init__(self, keras: bool = True):
        imported = [*IMPORTED, *KERAS] if keras else IMPORTED
        passed_on = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("server.py")), *imported],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**passed_on, **QUIET, **ONE_THREAD, "KERAS_BACKEND": "tensorflow"},
            start_new_session=True,  # Ctrl-C goes to the command only, which ends its servers
        )
        self._child: int | None = None
        self._rest = b""
        self._lines: list[bytes] = []
        self._expect("ready")

    def run(
        self, function: str, tree: Path, arguments: dict[str, Any], limit: float, each: float
    ) -> Iterator[Event]:
        """Run a function `module:function` of a copy of the source.

        `limit` is the time in seconds of the whole job, and `each` the time between two events.
        After these the job is killed, and the last event is "late" or "stuck".
        """
        job = {"function": function, "tree": str(tree), "arguments": arguments}
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        start = time.monotonic()
        end = start + limit
        why = None
        while True:
            event = self._next(min(each, max(end - time.monotonic(), 0.01)))
            if event is None and why is None:
                why = "late" if time.monotonic() >= end else "stuck"
                self._kill_child()
                continue
            if event is None:
                continue
            if event["event"] == "started":
                self._child = event["pid"]
            elif event["event"] == "ended":
                self._kill_child()  # what the job started and left behind
                self._child = None
                status = os.waitstatus_to_exitcode(event["status"])
                seconds = time.monotonic() - start
                yield {"event": why or "ended", "status": status, "seconds": seconds}
                return
            elif why is None:
                yield event

    def close(self) -> None:
        """End the server and its job."""
        self._kill_child()
        self._process.kill()
        self._process.wait()

    def _kill_child(self) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, signal.SIGKILL)

    def _expect(self, name: str) -> None:
        event = self._next(600)
        if event is None or event["event"] != name:
            raise CannotCompare("the process that runs mutants did not start.")

    def _next(self, seconds: float) -> Event | None:
        """The next event, or None after this time."""
        end = time.monotonic() + seconds
        while not self._lines:
            left = end - time.monotonic()
            stream = self._process.stdout
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                return None
            data = os.read(stream.fileno(), 1 << 16)
            if not data:
                raise CannotCompare("the process that runs mutants has ended.")
            *self._lines, self._rest = (self._rest + data).split(b"\n")
        return json.loads(self._lines.pop(0))


@contextlib.contextmanager
def started(keras: bool = True) -> Iterator[Server]:
    """Context with a server that is closed afterwards."""
    server = Server(keras)
    try:
        yield server
    finally:
        server.close()
