"""Checks of forks that `test_forks.py` runs, each in a process of its own.

In the process of the tests many other threads live, of servers and of other libraries: whatever
these hold at the moment of a fork would be judged too.
"""

from __future__ import annotations

import os
import threading
import time
from types import SimpleNamespace

import pytest

from minicnn.common import forks


def fork(child):
    """The exit code of a child that calls a function; -9 if it hangs."""
    process = os.fork()
    if not process:
        try:
            os._exit(int(child()))
        finally:
            os._exit(77)
    end = time.monotonic() + 20
    while not (done := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(process, 9)
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(done[1])


def two_locks():
    """Two locks of which the first is taken before the second, and no others."""
    owners = [SimpleNamespace(_lock=threading.RLock()) for _ in range(2)]
    forks._places.clear()
    for owner in owners:
        forks.hold_over_forks(owner)
        forks.hold_over_forks(owner)
    assert len(forks._places) == 2
    return owners


def holder(lock, seconds):
    """A thread that holds a lock for some time, from now on."""
    holds = threading.Event()

    def hold():
        with lock:
            holds.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    return thread


def is_free(owner):
    """Whether another thread can take the lock."""
    found = []

    def take():
        if owner._lock.acquire(timeout=5):
            owner._lock.release()
            found.append(True)

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return bool(found)


def a_fork_waits_for_a_lock_and_lets_it_go(which):
    places = two_locks()
    thread = holder(places[which]._lock, 0.3)
    start = time.monotonic()
    assert fork(lambda: not all(map(is_free, places))) == 0
    assert time.monotonic() - start > 0.2
    thread.join()
    assert all(map(is_free, places))


def a_fork_that_cannot_wait_longer_makes_a_child_that_refuses(which):
    places = two_locks()
    forks.PATIENCE = 0.1
    thread = holder(places[which]._lock, 1)

    def child():
        with pytest.raises(RuntimeError, match="forked while another thread compiled"):
            places[which]._lock.acquire()
        with pytest.raises(RuntimeError, match="spawn"), places[which]._lock:
            pass
        assert which == 0 or is_free(places[0])
        return fork(lambda: 0)  # and can fork

    assert fork(child) == 0
    thread.join()
    assert all(map(is_free, places))


def the_thread_that_holds_a_lock_may_fork():
    places = two_locks()
    with places[1]._lock, places[0]._lock:
        assert fork(lambda: 0) == 0
    assert all(map(is_free, places))


def threads_that_fork_at_once():
    places, codes = two_locks(), []
    threads = [
        threading.Thread(target=lambda: codes.append(fork(lambda: not all(map(is_free, places)))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0] * 4
    assert all(map(is_free, places))
