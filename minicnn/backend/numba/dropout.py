"""Dropout: random words are computed in registers, eight blocks at a time, and used there.

A group of 64 elements needs eight blocks of the generator, of four words of 32 bits each. Four
vectors hold the eight first words, the eight second words, and so on; ten rounds compute them from
eight counters without reading memory. The low half of the first words belongs to elements 0 to 7
of the group, its high half to elements 8 to 15, and so on. `dropout` in `backend/numpy/random.py`
has the same order.

The mask is never written to memory. The gradient computes it again, which is faster than reading.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types

from minicnn.backend.numba.compiler.compile import compiled, intrinsic
from minicnn.backend.numba.machine.simd import address_of
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numpy import random as definition
from minicnn.backend.numpy.random import GROUP, KEY_STEPS, LANES, MULTIPLIERS, ROUNDS, Key

PIECE = 512  # least number of groups in a piece of work
_WORDS = ir.VectorType(ir.IntType(32), LANES)
_WIDE = ir.VectorType(ir.IntType(64), LANES // 2)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)


def dropout(x: np.ndarray, rate: float, key: Key) -> np.ndarray:
    """Zero with probability `rate`, else `x / (1 - rate)`; its own adjoint."""
    if x.dtype != np.float32:
        return definition.dropout(x, rate, key)
    threshold, scale = definition.dropout_constants(rate)
    first, second = (np.uint32(word) for word in key)
    y = np.empty(x.shape, x.dtype)
    groups = -(-x.size // GROUP)
    arrays = np.ascontiguousarray(x).reshape(-1), y.reshape(-1)
    settings = np.uint32(threshold), np.float32(scale)
    share(_dropout, cut(groups, PIECE), *arrays, first, second, *settings)
    return y


@compiled
def _dropout(work, x, y, first, second, threshold, scale):
    whole = len(x) // GROUP
    last = np.zeros(GROUP, np.float32)
    for _, start, stop in pieces(work):
        for group in range(start, min(stop, whole)):
            offset = 4 * GROUP * group
            source, target = address_of(x) + offset, address_of(y) + offset
            _drop_group(source, target, group, first, second, threshold, scale)
        if stop > whole:  # the last group has fewer elements: it is computed in an array of 64
            rest = GROUP * whole
            # Loops, because the check of shapes in assigned slices takes seconds to compile.
            for i in range(rest, len(x)):
                last[i - rest] = x[i]
            place = address_of(last)
            _drop_group(place, place, whole, first, second, threshold, scale)
            for i in range(rest, len(x)):
                y[i] = last[i - rest]


@intrinsic
def _drop_group(context, source, target, group, first, second, threshold, scale):
    """Writes a group of 64 elements, each scaled or zero."""
    words = (types.uint32,) * 3
    kinds = (types.int64, types.int64, types.int64, *words, types.float32)

    def generate(context, builder, signature, values):
        source, target, group, first, second, threshold, scale = values
        random = _philox(builder, group, first, second)
        zero = ir.Constant(_FLOATS, [0.0] * LANES)
        scale, threshold = _splat(builder, scale, _FLOATS), _splat(builder, threshold, _WORDS)
        halves = []
        for word in random:
            halves += [builder.and_(word, _constant(_WORDS, 0xFFFF))]
            halves += [builder.lshr(word, _constant(_WORDS, 16))]
        for i, half in enumerate(halves):
            offset = ir.Constant(ir.IntType(64), 4 * LANES * i)
            places = [builder.add(place, offset) for place in (source, target)]
            read, written = (builder.inttoptr(place, _FLOATS.as_pointer()) for place in places)
            scaled = builder.fmul(builder.load(read, align=4), scale)
            dropped = builder.icmp_unsigned("<", half, threshold)
            builder.store(builder.select(dropped, zero, scaled), written, align=4)
        return context.get_dummy_value()

    return types.void(*kinds), generate


def _philox(builder, group, first, second):
    """The words of the group's blocks: a vector for each of the four; see `philox` in NumPy.

    The product of two numbers of 32 bits has 64, so blocks with even and with odd numbers are in
    separate vectors of four numbers of 64 bits, whose upper halves are ignored afterwards.
    """
    block = builder.mul(group, ir.Constant(ir.IntType(64), LANES))
    keys = [
        [
            _splat(builder, _plus(builder, builder.zext(key, ir.IntType(64)), n * step), _WIDE)
            for n in range(ROUNDS)
        ]
        for key, step in zip((first, second), KEY_STEPS, strict=True)
    ]
    even, odd = (
        _rounds(builder, _splat(builder, block, _WIDE), lanes, keys)
        for lanes in (range(0, LANES, 2), range(1, LANES, 2))
    )
    return [_interleaved(builder, *pair) for pair in zip(even, odd, strict=True)]


def _rounds(builder, block, lanes, keys):
    """The four words of four blocks, after ten rounds."""
    a = builder.add(block, ir.Constant(_WIDE, list(lanes)))
    b = builder.lshr(block, _constant(_WIDE, 32))
    c = d = _constant(_WIDE, 0)
    for first, second in zip(*keys, strict=True):
        left, right = (
            builder.mul(
                builder.and_(word, _constant(_WIDE, 2**32 - 1)), _constant(_WIDE, multiplier)
            )
            for word, multiplier in zip((a, c), MULTIPLIERS, strict=True)
        )
        upper_left, upper_right = (
            builder.lshr(product, _constant(_WIDE, 32)) for product in (left, right)
        )
        a = builder.xor(builder.xor(upper_right, b), first)
        c = builder.xor(builder.xor(upper_left, d), second)
        b, d = right, left
    return a, b, c, d


def _interleaved(builder, even, odd):
    """One vector of the lower halves of two, in turn."""
    lower = builder.and_(even, _constant(_WIDE, 2**32 - 1))
    upper = builder.shl(odd, _constant(_WIDE, 32))
    return builder.bitcast(builder.or_(lower, upper), _WORDS)


def _plus(builder, value, number: int):
    return builder.add(value, ir.Constant(value.type, number))


def _constant(kind, value: int) -> ir.Constant:
    """A vector of equal numbers."""
    return ir.Constant(kind, [value] * kind.count)


def _splat(builder, value, kind):
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, undefined, places)
