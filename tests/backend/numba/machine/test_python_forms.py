"""Without the compiler: the Python form of each operation gives what its instructions give."""

from __future__ import annotations

import os
import subprocess
import sys
from types import FunctionType

import numba
import numpy as np
import pytest

from minicnn.backend.numba.compiler import python_forms
from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.dropout import _drop_group
from minicnn.backend.numba.machine.simd import (
    add_line,
    address_of,
    at_least,
    at_most,
    broadcast,
    larger,
    load,
    load_bytes,
    load_first,
    load_line,
    multiply_add,
    nearest,
    number_at,
    power_of_two,
    prefetch,
    rectified,
    splat,
    square_root,
    store,
    store_bytes,
    store_first,
    store_line,
    where_beats,
    where_equal,
    where_positive,
    where_within,
    zero,
)
from minicnn.backend.numba.machine.work_pieces import _add, _read

compiles = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


@compiled
def arithmetic(vectors, whole, results):
    """Each operation on vectors."""
    at, to = address_of(vectors), address_of(results)
    a, b, c = load(at), load(at + 32), load(at + 64)
    n = load(address_of(whole))
    store(to, a + b)
    store(to + 32, a - b)
    store(to + 64, a * b)
    store(to + 96, a / b)
    store(to + 128, multiply_add(a, b, c))
    store(to + 160, square_root(a * a))
    store(to + 192, rectified(a))
    store(to + 224, at_least(a, b))
    store(to + 256, at_most(a, b))
    store(to + 288, larger(a, b))
    store(to + 320, nearest(a))
    store(to + 352, power_of_two(n))
    store(to + 384, where_positive(a, b))
    store(to + 416, where_beats(a, b, c, zero()))
    store(to + 448, where_equal(a, b, c))
    store(to + 480, where_within(a, b, c))


@compiled
def memory(numbers, octets, work, count, results):
    """Each operation that reads or writes memory."""
    at, to = address_of(numbers), address_of(results)
    prefetch(at)
    store(to, broadcast(at + 4))
    store(to + 32, splat(number_at(at + 8)))
    store(to + 64, load_first(at + 4, count))
    store_first(to + 96, load(at), count)
    store(to + 128, load_bytes(address_of(octets)))
    store_bytes(address_of(octets) + 8, load_bytes(address_of(octets)))
    line = load_line((1, 2, 3), at, 12)
    store_line(to + 160, 40, line)
    add_line(to + 320, 36, line)
    store(to + 480, splat(np.float32(_add(work, 1) + _read(work, 1))))


@compiled
def drop(x, y, group, first, second, threshold, scale):
    _drop_group(address_of(x), address_of(y), group, first, second, threshold, scale)


def in_python(kernel):
    """The kernel's Python code, with the Python forms in place of the operations."""
    return FunctionType(kernel.py_func.__code__, {**vars(python_forms), "np": np})


def assert_same(kernel, *arrays):
    """Run both; the arrays that they write have the same content, bit for bit."""
    pairs = [(a.copy(), a.copy()) if isinstance(a, np.ndarray) else (a, a) for a in arrays]
    with np.errstate(all="ignore"):
        kernel(*(a for a, _ in pairs))
        in_python(kernel)(*(b for _, b in pairs))
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)


@compiles
@pytest.mark.parametrize("special", [False, True])
def test_arithmetic(special, rng):
    whole = np.arange(-126, 128, 1, "float32")
    for _ in range(50):
        vectors = rng.standard_normal((3, 8)).astype("float32")
        if special:
            choices = np.array([np.nan, np.inf, -np.inf, -0.0, 0, 0.5, 1.5, 2.5], "float32")
            vectors = rng.choice(choices, (3, 8))
        assert_same(arithmetic, vectors, rng.choice(whole, 8), np.zeros((16, 8), "float32"))


@compiles
@pytest.mark.parametrize("count", [0, 1, 7, 8])
def test_memory(count, rng):
    numbers, results = (rng.standard_normal(n).astype("float32") for n in (20, 130))
    octets = rng.integers(0, 256, 16).astype("uint8")
    assert_same(memory, numbers, octets, np.array([5, 6, 7]), count, results)


@compiles
@pytest.mark.parametrize("group", [0, 3, 2**30])
def test_dropout_of_a_group(group, rng):
    x, y = rng.standard_normal((2, 64)).astype("float32")
    key = (np.uint32(0xFFFFFFFF), np.uint32(7))
    assert_same(drop, x, y, group, *key, np.uint32(20_000), np.float32(1.5))


PROGRAM = """
import numpy as np
from minicnn.backend import kernels
from minicnn.backend.numba.conv.winograd import products

x = np.random.default_rng(1).standard_normal((2, 7, 6, 9)).astype("float32")
kernel = np.ones((3, 3, 9, 8), "float32")
where = (1, 1), ((1, 1), (1, 1)), (1, 1)
y = kernels.conv(x, kernel, *where)
print(type(products.convolve).__name__, y.astype("float64").sum())
"""


def test_a_program_without_the_compiler():
    results = []
    for off in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": off, "MINICNN_BACKEND": "numba"}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True
        )
        results.append(run.stdout.split())
    (one, total), (other, same) = results
    assert (one, other) == (b"Kernel", b"function")
    np.testing.assert_allclose(float(total), float(same), rtol=1e-6)
