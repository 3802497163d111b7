"""Threads: the same bits for any number of them, errors, forks, and callers at the same time."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from minicnn import config
from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.machine import threads
from minicnn.backend.numba.machine.work_pieces import pieces


@pytest.fixture(autouse=True)
def _restore_threads():
    yield
    config.set_threads(None)


def many_kernels() -> list[np.ndarray]:
    """Results of kernels that cut their work, reductions among them."""
    from minicnn.backend.numba import (
        arithmetic,
        conv,
        dropout,
        exponentials,
        normalization,
        optimizers,
        pool,
        products,
        random,
        softmax,
    )

    rng = np.random.default_rng(1)
    x = rng.standard_normal((20, 18, 18, 16)).astype("float32")
    kernel = rng.standard_normal((3, 3, 16, 24)).astype("float32")
    where = (1, 1), ((1, 1), (1, 1)), (1, 1)
    y = conv.conv(x, kernel, *where)
    window = (2, 2), (2, 2), ((0, 0), (0, 0))
    return [
        y,
        conv.conv_kernel_gradient(x, y, (3, 3), *where),
        conv.conv_input_gradient(y, kernel, x.shape, *where),
        conv.conv_kernel_gradient(x, x, (3, 3), *where, groups=16),
        pool.max_pool_gradient(pool.max_pool(x, *window), x, *window),
        products.matmul(x.reshape(-1, 144), kernel.reshape(144, -1)),
        softmax.softmax(x),
        exponentials.sigmoid(x),
        arithmetic.sum(x, (0, 1, 2)),
        *normalization.moments(x, (0, 1, 2)),
        *optimizers.adam_step(x, x, x, x * x, 0.01, 0.9, 0.99, 1e-7),
        dropout.dropout(x, 0.5, (1, 2)),
        random.random_bits((1, 2), 100_000),
    ]


def assert_same_bits(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_same_bits_for_any_number_of_threads_and_every_time():
    config.set_threads(1)
    expected = many_kernels()
    for count in (1, 2, 3, 8):
        config.set_threads(count)
        assert_same_bits(many_kernels(), expected)


def test_two_callers_at_once():
    config.set_threads(2)
    expected = many_kernels()
    results = {}

    def call(name):
        results[name] = [many_kernels() for _ in range(3)]

    callers = [threading.Thread(target=call, args=(name,)) for name in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=120)
    assert len(results) == 3
    for result in results.values():
        for once in result:
            assert_same_bits(once, expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is Unix's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_computes_too():
    config.set_threads(2)
    expected = many_kernels()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(many_kernels()), daemon=True)
    child.start()
    found = queue.get(timeout=120)
    child.join(timeout=120)
    assert child.exitcode == 0
    assert_same_bits(found, expected)


@pytest.mark.without_jit
def test_every_piece_is_done_once():
    config.set_threads(3)
    for count in (0, 1, 5, 16, 17, 1000):
        done = np.zeros(count, int)

        def task(_, start, stop, done=done):
            done[start:stop] += 1

        threads.for_pieces(task, threads.cut(count))
        assert (done == 1).all()


@pytest.mark.without_jit
def test_pieces_depend_on_the_size_alone():
    assert threads.cut(100, smallest=30).tolist() == [0, 33, 66, 100]
    assert threads.cut(5, smallest=30).tolist() == [0, 5]
    assert threads.cut(0).tolist() == [0, 0]
    assert len(threads.cut(10**6)) == threads.PIECES + 1


def test_an_error_in_a_piece_reaches_the_caller():
    config.set_threads(2)

    def task(piece, start, stop):
        if piece == 7:
            raise ZeroDivisionError("in piece 7")

    with pytest.raises(ZeroDivisionError, match="in piece 7"):
        threads.for_pieces(task, threads.cut(16))
    assert_same_bits(many_kernels(), many_kernels())


@compiled
def _number(work, numbers, callers):
    """Each piece writes its number, and counts one up."""
    for piece, start, stop in pieces(work):
        for i in range(start, stop):
            numbers[i] += piece + 1
        callers[piece] += 1


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_kernel_that_shares_does_every_piece_once(count):
    config.set_threads(count)
    for size in (0, 1, 5, 16, 17, 1000):
        bounds = threads.cut(size)
        for _ in range(200):
            numbers, done = np.zeros(size, int), np.zeros(len(bounds) - 1, int)
            threads.share(_number, bounds, numbers, done)
            assert (done == 1).all()
            expected = np.repeat(np.arange(1, len(bounds)), np.diff(bounds))
            np.testing.assert_array_equal(numbers, expected)


class Meeting:
    """A task whose first two pieces are at work at the same time, on two threads."""

    def __init__(self):
        self.caller = threading.current_thread()
        self.helping = threading.Event()
        self.finished = []

    def __call__(self, piece, start, stop):
        if threading.current_thread() is self.caller:
            assert self.helping.wait(60)
            self.as_caller()
        else:
            self.helping.set()
            self.as_helper()
        self.finished.append(piece)

    def as_caller(self):
        pass

    def as_helper(self):
        pass


@pytest.mark.without_jit
def test_an_interrupt_waits_for_the_pieces_that_helpers_have_begun():
    class Interrupted(Meeting):
        def as_caller(self):
            raise KeyboardInterrupt

        def as_helper(self):
            time.sleep(0.1)

    config.set_threads(2)
    task = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        threads.for_pieces(task, threads.cut(16))
    assert len(task.finished) == 1  # the helper's, which then was given no other


@pytest.fixture
def no_garbage_collection():
    """Python drops an interrupt that arrives in a callback of the collector; hypothesis has one."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.without_jit
@pytest.mark.usefixtures("no_garbage_collection", "ctrl_c_works")
def test_a_second_interrupt_waits_as_well():
    class SlowHelper(Meeting):
        def as_helper(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

    config.set_threads(2)
    task = SlowHelper()
    with pytest.raises(KeyboardInterrupt):
        threads.for_pieces(task, threads.cut(2))
    assert task.finished[-1:] != [] and len(task.finished) in (1, 2)
    assert not threads.pool().jobs


@pytest.mark.without_jit
def test_a_helper_s_error_reaches_the_caller():
    class Broken(Meeting):
        def as_helper(self):
            raise ZeroDivisionError("in the helper")

    config.set_threads(2)
    with pytest.raises(ZeroDivisionError, match="in the helper"):
        threads.for_pieces(Broken(), threads.cut(16))


@pytest.mark.without_jit
def test_work_that_needs_work():
    config.set_threads(3)
    sums = np.zeros(4)

    def task(piece, start, stop):
        def inner(_, first, last):
            sums[piece] += last - first

        threads.for_pieces(inner, threads.cut(100, pieces=1 + piece))

    threads.for_pieces(task, threads.cut(4))
    assert sums.tolist() == [100] * 4


def test_results_and_arguments_are_not_kept_alive():
    config.set_threads(3)
    numbers = np.zeros(1000, int)
    kept = weakref.ref(numbers)
    threads.share(_number, threads.cut(1000), numbers, np.zeros(16, int))
    del numbers
    for _ in range(100):
        if kept() is None:
            return
        time.sleep(0.05)
    raise AssertionError("a helper still holds the array")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux tells the processors")
def test_as_many_threads_as_processors(monkeypatch):
    monkeypatch.delenv("MINICNN_THREADS", raising=False)
    config.set_threads(None)
    assert config.threads() == len(os.sched_getaffinity(0))
    assert threads.pool().size == config.threads()


@pytest.mark.without_jit
def test_the_number_of_threads_can_change():
    for count in (2, 1, np.int64(3)):
        config.set_threads(count)
        assert config.threads() == count
        assert threads.pool().size == count


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", True])
def test_a_wrong_number_of_threads_is_refused(value):
    config.set_threads(2)
    with pytest.raises(ValueError, match=r"must be a whole number, 1 or more. Received: "):
        config.set_threads(value)
    assert config.threads() == 2


@pytest.mark.parametrize("value", ["0", "two", "-1", "1.5"])
def test_a_wrong_number_in_the_environment_is_refused(value, monkeypatch):
    monkeypatch.setenv("MINICNN_THREADS", value)
    config.set_threads(None)
    with pytest.raises(ValueError, match=f"MINICNN_THREADS.* must be a whole number.*{value}"):
        config.threads()


def test_the_number_of_threads_is_read_from_the_environment():
    program = (
        "from minicnn.backend.numba.machine import threads; import threadpoolctl;"
        "assert threads.pool().size == 3;"
        "assert all(i['num_threads'] == 1 for i in threadpoolctl.threadpool_info())"
    )
    environment = {**os.environ, "MINICNN_THREADS": "3"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
