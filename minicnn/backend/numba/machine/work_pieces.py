"""Takes pieces of shared work inside compiled functions.

A compiled function that `threads.share` calls on several threads takes pieces until none is left:

    @compiled
    def _double(work, x, y):
        for piece, start, stop in pieces(work):
            for i in range(start, stop):
                y[i] = 2 * x[i]

`work` is an array of integers that all threads read and write: how many pieces are taken, how many
are done, how many there are, and from FIRST_BOUND on where each piece begins (and the last ends).
A thread takes a piece by adding 1 to the number of taken pieces. The processor does this in one
step that no other thread can interrupt (an atomic operation) and returns the number before, so no
two threads get the same piece. All of it is compiled: taking a piece takes nanoseconds and does not
need the interpreter's lock.

Source: LLVM language reference, "atomicrmw" and "Atomic Memory Ordering Constraints".
"""

from __future__ import annotations

import numba
import numpy as np
from llvmlite import ir
from numba import types

from minicnn.backend.numba.compiler.compile import compiled, intrinsic, part

# The two numbers that threads write are 64 bytes apart, in different cache lines.
TAKEN, DONE, COUNT, FIRST_BOUND = 0, 8, 16, 17


def new_work(bounds: np.ndarray) -> np.ndarray:
    """The `work` of pieces with these bounds, none of them taken."""
    work = np.zeros(FIRST_BOUND + len(bounds), np.int64)
    work[COUNT] = len(bounds) - 1
    work[FIRST_BOUND:] = bounds
    return work


@intrinsic
def _add(context, work, position):
    """Adds 1 to a number of `work` and returns its old value, in one atomic step."""

    def generate(context, builder, signature, values):
        one = ir.Constant(ir.IntType(64), 1)
        place = _place(context, builder, signature, values)
        return builder.atomic_rmw("add", place, one, "seq_cst")

    return types.int64(work, types.int64), generate


@intrinsic
def _read(context, work, position):
    """A number of `work`, read from memory each time."""

    def generate(context, builder, signature, values):
        place = _place(context, builder, signature, values)
        return builder.load_atomic(place, "seq_cst", align=8)

    return types.int64(work, types.int64), generate


def _place(context, builder, signature, values):
    data = context.make_array(signature.args[0])(context, builder, values[0]).data
    return builder.gep(data, [values[1]])


@part
def _take(work):
    piece = _add(work, TAKEN)
    return piece if piece < work[COUNT] else -1


@part
def _finish(work):
    _add(work, DONE)


@compiled
def take(work):
    """The number of a piece that no other thread has taken, or -1 if none is left."""
    return _take(work)


@compiled
def finish(work):
    """Count a piece as done."""
    _finish(work)


# Not stored on disk: Numba fails with a generator that it has read from there (a KeyError in
# `get_generator_impl`). It is compiled into the functions that use it, and those are stored.
@numba.njit(nogil=True, error_model="numpy")
def pieces(work):
    """Take pieces until none is left: `(piece, start, stop)`."""
    piece = _take(work)
    while piece >= 0:
        yield piece, work[FIRST_BOUND + piece], work[FIRST_BOUND + piece + 1]
        _finish(work)
        piece = _take(work)


@compiled
def all_done_soon(work, most_looks):
    """Whether all pieces are done, looking at most `most_looks` times."""
    looks = 0
    while looks < most_looks and _read(work, DONE) < work[COUNT]:
        looks += 1
    return looks < most_looks
