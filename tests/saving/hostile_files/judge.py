"""Loads a file in a process of its own, and says what it cost and how it ended."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import minicnn as keras

SECONDS = 2.0
BYTES = 1 << 30
_PATIENCE = 60  # seconds that a process may take on a busy machine

_CLEAR = (ValueError, TypeError, NotImplementedError, OSError)
_LONGEST = 10_000


class Outcome(NamedTuple):
    """How loading a file ended: `error` is None where it was loaded, `message` says the rest."""

    error: str | None
    message: str
    seconds: float
    bytes: int
    clear: bool

    @property
    def fault(self) -> str | None:
        """What is wrong with this outcome, if anything."""
        if self.seconds > SECONDS:
            return f"{self.seconds:.1f} s"
        if self.bytes > BYTES:
            return f"{self.bytes / BYTES:.1f} GB"
        return None if self.clear else "not a clear error"


def load(path: Path, model: Any = None) -> Any:
    """Load a file in the way that its name asks for."""
    if path.name.endswith(".json"):
        return keras.models.model_from_json(path.read_text())
    if path.name.endswith(".weights.h5") or model is not None:
        return model.load_weights(path)
    return keras.saving.load_model(path)


def judged(path: Path, model: Any = None) -> Outcome:
    """The outcome of loading a file, in a process that is forked for it."""
    gc.collect()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_load_and_tell, args=(path, model, theirs))
    process.start()
    theirs.close()
    if ours.poll(_PATIENCE):
        try:
            outcome = ours.recv()
        except EOFError:
            process.join()
            outcome = Outcome("a crash", f"exit code {process.exitcode}", 0.0, 0, False)
    else:
        outcome = Outcome("no end", f"within {_PATIENCE} seconds", _PATIENCE, 0, False)
    process.kill()
    process.join()
    return outcome


def _load_and_tell(path: Path, model: Any, answer: Any) -> None:
    warnings.simplefilter("ignore")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    error, message, clear = None, "", True
    try:
        load(path, model)
    except Exception as raised:
        message = "\n".join([str(raised), *getattr(raised, "__notes__", ())])
        error = type(raised).__name__
        named = path.name in message or path.name.endswith(".json")
        clear = isinstance(raised, _CLEAR) and named and 20 < len(message) < _LONGEST
    seconds = time.process_time() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answer.send(Outcome(error, message[:3000], seconds, grown << 10, clear))
    answer.close()
