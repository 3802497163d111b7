"""Runs jobs in forked processes that begin with libraries imported, but not minicnn.

The arguments are the names of these libraries.

A file of its own that imports nothing of the project: each job's process imports `minicnn`, `tests`
and `compare` from the copy that the job names. Jobs come as lines of JSON on standard input; events
go to standard output, one short line each, so that a killed process leaves no half of a line.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

LONGEST = {"name": 2500}  # characters of a text in an event; of others 500
MEMORY = 8 * 2**30  # bytes that a job may take; a mutant may ask for an array of any size


def main() -> None:
    """Serve until the input ends."""
    output = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    jobs = os.fdopen(os.dup(0), "r")
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.path.remove(str(Path(__file__).resolve().parent))
    for name in sys.argv[1:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)

    def send(event: str, **values: object) -> None:
        short = {
            k: v[: LONGEST.get(k, 500)] if isinstance(v, str) else v for k, v in values.items()
        }
        os.write(output, json.dumps({"event": event, **short}).encode() + b"\n")

    send("ready")
    for line in jobs:
        job = json.loads(line)
        child = os.fork()
        if not child:
            os.setsid()
            os._exit(_run(job, send))
        send("ended", status=os.waitpid(child, 0)[1])


def _run(job: dict, send: object) -> int:
    """In the child: the function of the job, in its copy of the source."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    send("started", pid=os.getpid())
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    try:
        os.chdir(job["tree"])
        os.environ["PYTHONPATH"] = job["tree"]
        sys.path.insert(0, job["tree"])
        module, _, function = job["function"].partition(":")
        getattr(importlib.import_module(module), function)(send, **job["arguments"])
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        send("failed", why=f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})")
        return 1
    return 0


if __name__ == "__main__":
    main()
