"""Threads: the same bits for any number of them, errors, forks, and callers at the same time."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minicnn.backend.numba import threads


@pytest.fixture(autouse=True)
def _restore_threads():
    yield
    threads.set_thread_count(threads.default_thread_count())


def many_kernels() -> list[np.ndarray]:
    """Results of kernels that cut their work, reductions among them."""
    from minicnn.backend.numba import (
        activations,
        arithmetic,
        conv,
        normalization,
        optimizers,
        pool,
        products,
        random,
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
        activations.sigmoid(x),
        arithmetic.sum(x, (0, 1, 2)),
        *normalization.moments(x, (0, 1, 2)),
        *optimizers.adam_step(x, x, x, x * x, 0.01, 0.9, 0.99, 1e-7),
        random.dropout(x, 0.5, (1, 2)),
    ]


def assert_same_bits(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_same_bits_for_any_number_of_threads_and_every_time():
    threads.set_thread_count(1)
    expected = many_kernels()
    for count in (1, 2, 3, 8):
        threads.set_thread_count(count)
        assert_same_bits(many_kernels(), expected)


def test_two_callers_at_once():
    threads.set_thread_count(2)
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
    threads.set_thread_count(2)
    expected = many_kernels()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(many_kernels()))
    child.start()
    found = queue.get(timeout=120)
    child.join(timeout=120)
    assert child.exitcode == 0
    assert_same_bits(found, expected)


def test_every_piece_is_done_once():
    threads.set_thread_count(3)
    for count in (0, 1, 5, 16, 17, 1000):
        done = np.zeros(count, int)

        def task(_, start, stop, done=done):
            done[start:stop] += 1

        threads.for_pieces(task, threads.cut(count))
        assert (done == 1).all()


def test_pieces_depend_on_the_size_alone():
    assert threads.cut(100, smallest=30).tolist() == [0, 33, 66, 100]
    assert threads.cut(5, smallest=30).tolist() == [0, 5]
    assert threads.cut(0).tolist() == [0, 0]
    assert len(threads.cut(10**6)) == threads.PIECES + 1


def test_an_error_in_a_piece_reaches_the_caller():
    threads.set_thread_count(2)

    def task(piece, start, stop):
        if piece == 7:
            raise ZeroDivisionError("in piece 7")

    with pytest.raises(ZeroDivisionError, match="in piece 7"):
        threads.for_pieces(task, threads.cut(16))
    assert_same_bits(many_kernels(), many_kernels())


@pytest.mark.parametrize("value", ["0", "two", "-1"])
def test_a_wrong_number_of_threads_is_refused(value, monkeypatch):
    monkeypatch.setenv("MINICNN_THREADS", value)
    with pytest.raises(ValueError, match="MINICNN_THREADS must be a number of threads"):
        threads.default_thread_count()


def test_the_number_of_threads_is_read_from_the_environment():
    program = (
        "from minicnn.backend.numba import threads; import threadpoolctl;"
        "assert threads.pool().size == 3;"
        "assert all(i['num_threads'] == 1 for i in threadpoolctl.threadpool_info())"
    )
    environment = {**os.environ, "MINICNN_THREADS": "3"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
