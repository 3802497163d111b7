"""Random words and dropout, with the bits of `backend/numpy/random.py` on any number of threads."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compile import compiled, same_float
from minicnn.backend.numba.threads import for_chunks
from minicnn.backend.numpy import random as definition
from minicnn.backend.numpy.random import KEY_STEPS, MULTIPLIERS, ROUNDS, Key, dropout_constants

PIECE = 2048  # blocks of four words that are worth waking a thread for
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
FIRST_MULTIPLIER, SECOND_MULTIPLIER = (np.uint64(number) for number in MULTIPLIERS)


def random_bits(key: Key, count: int, stream: int = 0) -> np.ndarray:
    """The first `count` random words, uint32, of one of the 2³² streams of `key`."""
    words = np.empty(((count + 3) // 4, 4), np.uint32)
    for_chunks(_random_bits, len(words), words, round_keys(key), stream, smallest=PIECE)
    return words.reshape(-1)[:count]


def dropout(x: np.ndarray, rate: float, key: Key) -> np.ndarray:
    """Zero with probability `rate`, else `x / (1 - rate)`; its own adjoint."""
    if not same_float(x):
        return definition.dropout(x, rate, key)
    threshold, scale = dropout_constants(rate)
    y = np.empty(x.shape, x.dtype)
    for_chunks(
        _dropout,
        (x.size + 3) // 4,
        np.ascontiguousarray(x).reshape(-1),
        y.reshape(-1),
        round_keys(key),
        np.uint32(threshold),
        x.dtype.type(scale),
        smallest=PIECE,
    )
    return y


def round_keys(key: Key) -> np.ndarray:
    """The pair of keys of each round, `(rounds, 2)`."""
    first = np.array([int(word) for word in key], np.uint64)
    rounds = np.arange(ROUNDS, dtype=np.uint64)[:, None]
    return (first + rounds * np.array(KEY_STEPS, np.uint64)) & WORD


@compiled
def _random_bits(start, stop, words, keys, stream):
    for block in range(start, stop):
        words[block] = _philox(np.uint64(block), np.uint64(stream), keys)


@compiled
def _dropout(start, stop, x, y, keys, threshold, scale):
    zero = x.dtype.type(0)
    for block in range(start, stop):
        words = _philox(np.uint64(block), np.uint64(0), keys)
        for i in range(min(4, x.size - 4 * block)):
            scaled = x[4 * block + i] * scale
            y[4 * block + i] = scaled if words[i] >= threshold else zero


@compiled
def _philox(block, stream, keys):
    """The four words number `block` of the stream; see `backend/numpy/random.py`."""
    a, b, c, d = block & WORD, block >> HALF, stream, np.uint64(0)
    for i in range(ROUNDS):
        left, right = a * FIRST_MULTIPLIER, c * SECOND_MULTIPLIER
        a, b = (right >> HALF) ^ b ^ keys[i, 0], right & WORD
        c, d = (left >> HALF) ^ d ^ keys[i, 1], left & WORD
    return np.uint32(a), np.uint32(b), np.uint32(c), np.uint32(d)
