"""Runs kernels on several threads, with the same result for any number of them.

Work is cut into pieces that depend on its size alone; the threads take pieces as they get free, and
what pieces have in common (a sum) is added up afterwards in the order of the pieces.

Numba's own `prange` is not used: its portable scheduler ends the process when two Python threads
call it at once, and its OpenMP one hangs or kills a forked child. Here each call brings its own
list of pieces and takes part in the work itself, so calls never wait for each other, and a forked
child starts its own threads.

Importing this module holds the matrix library (BLAS) inside NumPy to one thread. Its idle threads
spin and slow ours down several times over, and its sums depend on their number.

`MINICNN_THREADS` sets the number of threads; otherwise it is the number of processors.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import numpy as np
import threadpoolctl

PIECES = 16

threadpoolctl.threadpool_limits(1, user_api="blas")


class Job:
    """Pieces of work that several threads take from one iterator."""

    def __init__(self, task: Callable[[int], None], pieces: int):
        self.task = task
        self.numbers: Iterator[int] = iter(range(pieces))
        self.unfinished = pieces
        self.lock = threading.Lock()
        self.finished = threading.Event()
        self.error: BaseException | None = None

    def work(self) -> None:
        """Do pieces until none is left."""
        for piece in self.numbers:
            try:
                self.task(piece)
            except BaseException as error:  # handed to the thread that waits
                self.error = error
            with self.lock:
                self.unfinished -= 1
                if not self.unfinished:
                    self.finished.set()


class Pool:
    """Helper threads that wait for jobs."""

    def __init__(self, size: int):
        self.size = size
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        for _ in range(size - 1):
            threading.Thread(target=self._help, name="minicnn", daemon=True).start()

    def _help(self) -> None:
        for job in iter(self.jobs.get, None):
            job.work()

    def run(self, task: Callable[[int], None], pieces: int) -> None:
        """Call `task(0) ... task(pieces - 1)` on the helpers and the calling thread."""
        job = Job(task, pieces)
        for _ in range(min(self.size, pieces) - 1):
            self.jobs.put(job)
        job.work()
        job.finished.wait()
        if job.error is not None:
            raise job.error

    def close(self) -> None:
        """Let the helpers go once they have done what was asked before."""
        for _ in range(self.size - 1):
            self.jobs.put(None)


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """The threads of this process, started at the first use."""
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = Pool(default_thread_count())
        return _pool


def default_thread_count() -> int:
    """`MINICNN_THREADS`, or else the number of processors this process may use."""
    text = os.environ.get("MINICNN_THREADS")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(
            f"MINICNN_THREADS must be a number of threads, 1 or more. Received: {text!r}"
        )
    return int(text)


def set_thread_count(size: int) -> None:
    """Use `size` threads from now on. Results do not change."""
    global _pool
    with _pool_lock:
        if _pool is not None:
            _pool.close()
        _pool = Pool(size)


def _forget_pool() -> None:
    global _pool, _pool_lock
    _pool, _pool_lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def cut(count: int, smallest: int = 1, pieces: int = PIECES) -> np.ndarray:
    """The bounds of at most `pieces` pieces of `range(count)`, none smaller than `smallest`."""
    pieces = max(1, min(PIECES, pieces, count // smallest))
    return np.arange(pieces + 1) * count // pieces


def for_pieces(task: Callable[[int, int, int], None], bounds: np.ndarray) -> None:
    """Call `task(piece, start, stop)` for each piece of `cut`, in parallel."""
    limits = bounds.tolist()
    if len(limits) == 2:
        task(0, *limits)
        return
    pool().run(lambda piece: task(piece, limits[piece], limits[piece + 1]), len(limits) - 1)


def for_chunks(kernel: Callable, count: int, *arguments, smallest: int = 1) -> None:
    """Call `kernel(start, stop, *arguments)` on pieces of `range(count)`, in parallel."""
    for_pieces(lambda _, start, stop: kernel(start, stop, *arguments), cut(count, smallest))
