"""Runs kernels on several threads, with the same result for any number of them.

Work is cut into pieces that depend on its size alone; the threads take pieces as they get free, and
what pieces have in common (a sum) is added up afterwards in the order of the pieces.

    share(kernel, cut(count), x, y)       the compiled kernel takes pieces itself: see pieces.py
    for_chunks(kernel, count, x, y)       calls kernel(start, stop, x, y) for each piece
    for_pieces(task, cut(count))          calls task(piece, start, stop) for each piece

The first calls each thread once, the others once for each piece, and calls from Python wait for the
interpreter's lock. So `share` is for kernels that are over in a millisecond, the others for tasks
of several calls (a gather, then a matrix product).

The calling thread works, too. It rings for its helpers and begins; a helper that arrives late finds
nothing left and nobody waiting. The caller waits only for pieces that helpers have begun, first for
a moment awake: waking up takes long, and longer where other programs want the processor.

Numba's own `prange` is not used: its portable scheduler ends the process when two Python threads
call it at once, and its OpenMP one hangs or kills a forked child. Here each call brings its own
pieces and takes part in the work itself, so calls never wait for each other, and a forked child
starts its own threads.

Importing this module holds the matrix library (BLAS) inside NumPy to one thread. Its idle threads
spin and slow ours down several times over, and its sums depend on their number.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

import numpy as np
import threadpoolctl

from minicnn.backend.numba.machine.work_pieces import (
    COUNT,
    DONE,
    TAKEN,
    finish,
    new_work,
    settled,
    take,
)
from minicnn.common import configuration

PIECES = 16
PATIENCE = 50_000
"""How often the caller looks for the helpers' end before it sleeps: about 50 microseconds."""

threadpoolctl.threadpool_limits(1, user_api="blas")


class Job:
    """Pieces of work that a caller and its helpers take."""

    def __init__(self, take_part: Callable[[], None], work: np.ndarray):
        self.take_part = take_part
        self.work = work
        # One item for each helper: to append is one step for the interpreter, to add 1 is not.
        self.begun: list[None] = []
        self.ended: list[None] = []
        self.error: BaseException | None = None
        self.bell: threading.Lock | None = None

    def help(self) -> None:
        """Take part as a helper, unless it is too late for that."""
        if self.work[TAKEN] >= self.work[COUNT]:
            return
        self.begun.append(None)
        try:
            self.take_part()
        except BaseException as error:  # handed to the caller
            self.error = error
            self.stop()
        self.ended.append(None)
        if self.bell is not None and self.over():
            _ring(self.bell)

    def stop(self) -> None:
        """Give no more pieces away."""
        self.work[TAKEN] = self.work[COUNT]

    def over(self) -> bool:
        """Whether no helper is at a piece, when no more are given away."""
        return self.work[DONE] == self.work[COUNT] or len(self.begun) == len(self.ended)

    def wait(self) -> None:
        """Return when the work is over.

        An interrupt (Ctrl-C) waits, too: helpers write into memory that is the caller's again.
        """
        interrupt = None
        while not self.over():
            try:
                if not settled(self.work, PATIENCE):
                    self._sleep()
            except BaseException as error:
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _sleep(self) -> None:
        self.bell = _silent_bell()
        if not self.over():
            self.bell.acquire()


class Pool:
    """A caller's helpers: threads that sleep until somebody rings."""

    def __init__(self, size: int):
        self.size = size
        self.jobs: list[Job] = []
        self.bells = [_silent_bell() for _ in range(size - 1)]
        self.closed = False
        for bell in self.bells:
            threading.Thread(target=self._help, args=(bell,), name="minicnn", daemon=True).start()

    def _help(self, bell: threading.Lock) -> None:
        while not self.closed:
            bell.acquire()
            self._help_with_all()

    def _help_with_all(self) -> None:
        for job in tuple(self.jobs):
            job.help()

    def run(self, take_part: Callable[[], None], work: np.ndarray) -> None:
        """Call `take_part` on the calling thread and on helpers, until all pieces are done."""
        job = Job(take_part, work)
        self.jobs.append(job)
        try:
            for bell in self.bells[: work[COUNT] - 1]:
                _ring(bell)
            take_part()
        except BaseException:
            job.stop()
            raise
        finally:
            self.jobs.remove(job)
            job.wait()
        if job.error is not None:
            raise job.error

    def close(self) -> None:
        """Let the helpers go."""
        self.closed = True
        for bell in self.bells:
            _ring(bell)


def _silent_bell() -> threading.Lock:
    """A lock that one thread waits for and another lets go."""
    bell = threading.Lock()
    bell.acquire()
    return bell


def _ring(bell: threading.Lock) -> None:
    with suppress(RuntimeError):  # it has been rung and not yet been heard
        bell.release()


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """The threads of this process, `config.threads()` with the caller; started at the first use."""
    global _pool
    if _pool is not None and _pool.size == configuration.threads():
        return _pool
    with _pool_lock:
        if _pool is not None:
            _pool.close()
        _pool = Pool(configuration.threads())
        return _pool


def _forget_pool() -> None:
    global _pool, _pool_lock
    _pool, _pool_lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


@lru_cache(maxsize=1024)
def cut(count: int, smallest: int = 1, pieces: int = PIECES) -> np.ndarray:
    """The bounds of at most `pieces` pieces of `range(count)`, none smaller than `smallest`."""
    pieces = max(1, min(PIECES, pieces, count // smallest))
    bounds = np.arange(pieces + 1) * count // pieces
    bounds.flags.writeable = False  # it is remembered
    return bounds


def share(kernel: Callable, bounds: np.ndarray, *arguments) -> None:
    """Call the compiled `kernel(work, *arguments)` on several threads (see pieces.py)."""
    work = new_work(bounds)
    if len(bounds) == 2:
        kernel(work, *arguments)
    else:
        pool().run(lambda: kernel(work, *arguments), work)


def for_pieces(task: Callable[[int, int, int], None], bounds: np.ndarray) -> None:
    """Call `task(piece, start, stop)` for each piece of `cut`, in parallel."""
    limits = bounds.tolist()
    if len(limits) == 2:
        task(0, *limits)
        return
    work = new_work(bounds)

    def take_part() -> None:
        while (piece := take(work)) >= 0:
            task(piece, limits[piece], limits[piece + 1])
            finish(work)

    pool().run(take_part, work)


def for_chunks(kernel: Callable, count: int, *arguments, smallest: int = 1) -> None:
    """Call `kernel(start, stop, *arguments)` on pieces of `range(count)`, in parallel."""
    if count < 2 * smallest:
        kernel(0, count, *arguments)
        return
    for_pieces(lambda _, start, stop: kernel(start, stop, *arguments), cut(count, smallest))
