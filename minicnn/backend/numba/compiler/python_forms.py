"""The operations on vectors and addresses as Python functions, for kernels that are not compiled.

With the environment variable NUMBA_DISABLE_JIT=1 Numba compiles nothing: kernels are plain Python
functions, so that a debugger can step through them and `python -m compare coverage` can see which
of their lines run. Operations that consist of processor instructions (`compile.intrinsic`) are then
replaced by the functions of the same name here. A vector is an array of eight float32; memory is
read and written at addresses without a check, as by the instructions.

`tests/backend/numba/machine/test_python_forms.py` compares both.
"""

from __future__ import annotations

import ctypes
import threading
from operator import index

import numpy as np

from minicnn.backend.numpy import random

WIDTH = 8
BYTES = 4 * WIDTH
Vector = np.ndarray
_one_at_a_time = threading.Lock()


def _memory(address: int, count: int = WIDTH, kind: type = ctypes.c_float) -> np.ndarray:
    """The numbers in memory from an address on, not copied."""
    if not count:
        return np.empty(0, kind)
    return np.frombuffer((kind * count).from_address(index(address)), kind)


def address_of(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def load(address: int) -> Vector:
    return _memory(address).copy()


def store(address: int, value: Vector) -> None:
    _memory(address)[:] = value


def prefetch(address: int) -> None:
    pass


def broadcast(address: int) -> Vector:
    return splat(number_at(address))


def number_at(address: int) -> np.float32:
    return _memory(address, 1)[0]


def splat(value: float) -> Vector:
    return np.full(WIDTH, value, np.float32)


def zero() -> Vector:
    return np.zeros(WIDTH, np.float32)


def multiply_add(a: Vector, b: Vector, c: Vector) -> Vector:
    return (np.multiply(a, b, dtype=np.float64) + c).astype(np.float32)


def square_root(a: Vector) -> Vector:
    return np.sqrt(a)


def rectified(a: Vector) -> Vector:
    return np.where(a < 0, np.float32(0), a)


def at_least(a: Vector, floor: Vector) -> Vector:
    return np.where(a < floor, floor, a)


def larger(a: Vector, b: Vector) -> Vector:
    return np.where(np.isnan(a), a, np.where(a > b, a, b))


def at_most(a: Vector, ceiling: Vector) -> Vector:
    return np.where(a > ceiling, ceiling, a)


def nearest(a: Vector) -> Vector:
    return np.rint(a)


def power_of_two(n: Vector) -> Vector:
    return (n.astype(np.int32) + 127 << 23).view(np.float32)


def where_positive(a: Vector, condition: Vector) -> Vector:
    return np.where(condition > 0, a, np.float32(0))


def where_within(a: Vector, condition: Vector, ceiling: Vector) -> Vector:
    return np.where((condition > 0) & ~(condition >= ceiling), a, np.float32(0))


def where_beats(a: Vector, b: Vector, yes: Vector, no: Vector) -> Vector:
    return np.where(~(a <= b) & ~np.isnan(b), yes, no)


def where_equal(a: Vector, b: Vector, yes: Vector) -> Vector:
    return np.where(a == b, yes, np.float32(0))


def load_first(address: int, count: int) -> Vector:
    vector = zero()
    vector[:count] = _memory(address, max(0, min(count, WIDTH)))
    return vector


def store_first(address: int, value: Vector, count: int) -> None:
    count = max(0, min(count, WIDTH))
    _memory(address, count)[:] = value[:count]


def load_line(like: tuple, address: int, step: int) -> tuple[Vector, ...]:
    return tuple(load(address + i * step) for i in range(len(like)))


def store_line(address: int, step: int, line: tuple[Vector, ...]) -> None:
    for i, value in enumerate(line):
        store(address + i * step, value)


def add_line(address: int, step: int, line: tuple[Vector, ...]) -> None:
    for i, value in enumerate(line):
        store(address + i * step, load(address + i * step) + value)


def store_bytes(address: int, value: Vector) -> None:
    _memory(address, kind=ctypes.c_uint8)[:] = value


def load_bytes(address: int) -> Vector:
    return _memory(address, kind=ctypes.c_uint8).astype(np.float32)


def _add(work: np.ndarray, position: int) -> int:
    with _one_at_a_time:
        before = int(work[position])
        work[position] += 1
    return before


def _read(work: np.ndarray, position: int) -> int:
    return int(work[position])


def _drop_group(
    source: int, target: int, group: int, first: int, second: int, threshold: int, scale: float
) -> None:
    count = random.GROUP
    block = np.arange(random.LANES * group, random.LANES * (group + 1), dtype=np.uint64)
    counter = np.stack([block & random.WORD, block >> np.uint64(32), 0 * block, 0 * block])
    words = random.philox(counter, (first, second))
    halves = np.stack([words & 0xFFFF, words >> 16], 1).reshape(-1)
    scaled = _memory(source, count) * np.float32(scale)
    _memory(target, count)[:] = np.where(halves < threshold, np.float32(0), scaled)
