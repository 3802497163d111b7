"""Runs compiled functions on several threads, with the same result for any number of threads.

Work is cut into pieces that depend on its size only. Each thread takes the next free piece until
none is left. Sums of the pieces are added afterwards in the order of the pieces.

    share(kernel, cut(count), x, y)       kernel(work, x, y) takes pieces: see work_pieces.py
    for_chunks(kernel, count, x, y)       calls kernel(start, stop, x, y) for each piece
    for_pieces(task, cut(count))          calls task(piece, start, stop) for each piece

`share` makes one call for each thread, the others one for each piece, and every call from Python
waits for the interpreter's lock. So `share` is for work of less than a millisecond, the others for
tasks of several calls (a gather, then a matrix product).

The calling thread works, too: it wakes its helper threads and begins. A helper that starts late
finds no piece and sleeps again. The caller waits only for pieces that helpers have begun. It looks
for their end many times before it sleeps, because to sleep and wake up takes long.

Numba's `prange` is not used: with its portable scheduler the process ends if two Python threads
call it at the same time, and with OpenMP a forked child hangs or ends. Here each call has its own
pieces and computes them itself if needed, so calls never wait for each other, and a forked child
starts its own threads.

Importing this module limits the matrix library (BLAS) inside NumPy to one thread. Its idle threads
would slow down ours, and its sums would depend on their number.
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
    all_done_soon,
    finish,
    new_work,
    take,
)
from minicnn.common import configuration

PIECES = 16
LOOKS_BEFORE_SLEEP = 50_000
"""How often the caller checks whether the helpers are done before it sleeps (about 50 µs)."""

threadpoolctl.threadpool_limits(1, user_api="blas")


class Job:
    """The pieces of one call, shared by the caller and its helpers."""

    def __init__(self, take_part: Callable[[], None], work: np.ndarray):
        self.take_part = take_part
        self.work = work
        # One item for each helper: `append` cannot be interrupted by another thread, `+= 1` can.
        self.started: list[None] = []
        self.finished: list[None] = []
        self.error: BaseException | None = None
        self.signal: threading.Lock | None = None

    def help(self) -> None:
        """Compute pieces as a helper, if any are left."""
        if self.work[TAKEN] >= self.work[COUNT]:
            return
        self.started.append(None)
        try:
            self.take_part()
        except BaseException as error:  # handed to the caller
            self.error = error
            self.stop()
        self.finished.append(None)
        if self.signal is not None and self.over():
            _send(self.signal)

    def stop(self) -> None:
        """Mark all pieces as taken."""
        self.work[TAKEN] = self.work[COUNT]

    def over(self) -> bool:
        """Whether no helper is computing a piece, once all pieces are taken."""
        return self.work[DONE] == self.work[COUNT] or len(self.started) == len(self.finished)

    def wait(self) -> None:
        """Return when the work is over.

        An interrupt (Ctrl-C) is raised afterwards: until then helpers write into the arrays.
        """
        interrupt = None
        while not self.over():
            try:
                if not all_done_soon(self.work, LOOKS_BEFORE_SLEEP):
                    self._sleep()
            except BaseException as error:
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _sleep(self) -> None:
        self.signal = _new_signal()
        if not self.over():
            self.signal.acquire()


class Pool:
    """The helper threads, which sleep until they get a signal."""

    def __init__(self, size: int):
        self.size = size
        self.jobs: list[Job] = []
        self.signals = [_new_signal() for _ in range(size - 1)]
        self.closed = False
        for signal in self.signals:
            threading.Thread(target=self._help, args=(signal,), name="minicnn", daemon=True).start()

    def _help(self, signal: threading.Lock) -> None:
        while not self.closed:
            signal.acquire()
            self._help_with_all()

    def _help_with_all(self) -> None:
        for job in tuple(self.jobs):
            job.help()

    def run(self, take_part: Callable[[], None], work: np.ndarray) -> None:
        """Call `take_part` on the calling thread and on helpers, until all pieces are done."""
        job = Job(take_part, work)
        self.jobs.append(job)
        try:
            for signal in self.signals[: work[COUNT] - 1]:
                _send(signal)
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
        """End the helper threads."""
        self.closed = True
        for signal in self.signals:
            _send(signal)


def _new_signal() -> threading.Lock:
    """A locked lock: one thread waits for it, another releases it to wake the first."""
    signal = threading.Lock()
    signal.acquire()
    return signal


def _send(signal: threading.Lock) -> None:
    with suppress(RuntimeError):  # the signal was sent before and not yet received
        signal.release()


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """The helpers of this process, `config.threads() - 1` of them, started at the first use."""
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
    bounds.flags.writeable = False  # the cache returns the same array again
    return bounds


def share(kernel: Callable, bounds: np.ndarray, *arguments) -> None:
    """Call the compiled function `kernel(work, *arguments)` on several threads."""
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
