"""Random words: Philox on several threads, with the same bits as `backend/numpy/random.py`.

Every block of four words depends on its number and the key only, so threads compute blocks
independently. LANES blocks go through the ten rounds together, because the compiler turns the inner
loops over them into vector instructions.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import random as definition
from minicnn.backend.numpy.random import KEY_STEPS, MULTIPLIERS, ROUNDS, Key

PIECE = 2048  # least number of blocks of four words in a piece of work
FEW = 50_000  # words that NumPy computes faster than a compiled function is loaded
LANES = 32  # blocks that are computed together
HALF = np.uint64(32)
FIRST_MULTIPLIER, SECOND_MULTIPLIER = (np.uint64(number) for number in MULTIPLIERS)


def random_bits(key: Key, count: int, stream: int = 0) -> np.ndarray:
    """The first `count` random words, uint32, of one of the 2³² streams of `key`."""
    if count < FEW:
        return definition.random_bits(key, count, stream)
    words = np.empty(((count + 3) // 4, 4), np.uint32)
    for_chunks(_random_bits, len(words), words, round_keys(key), stream, smallest=PIECE)
    return words.reshape(-1)[:count]


def round_keys(key: Key) -> np.ndarray:
    """The two keys of each round, uint32 `(rounds, 2)`."""
    first = np.array([int(word) for word in key], np.uint64)
    rounds = np.arange(ROUNDS, dtype=np.uint64)[:, None]
    return (first + rounds * np.array(KEY_STEPS, np.uint64)).astype(np.uint32)


@compiled
def _random_bits(start, stop, words, keys, stream):
    lanes = np.empty((4, LANES), np.uint32)
    for first in range(start, stop, LANES):
        _philox(first, stream, keys, lanes)
        blocks = words[first : min(first + LANES, stop)]
        for i in range(len(blocks)):
            for word in range(4):
                blocks[i, word] = lanes[word, i]


@part
def _philox(first_block, stream, keys, lanes):
    """The words of `LANES` blocks from `first_block` on; see `backend/numpy/random.py`."""
    a, b, c, d = lanes[0], lanes[1], lanes[2], lanes[3]
    for i in range(LANES):
        block = np.uint64(first_block + i)
        a[i], b[i], c[i], d[i] = np.uint32(block), np.uint32(block >> HALF), stream, 0
    for number in range(ROUNDS):
        first_key, second_key = keys[number, 0], keys[number, 1]
        for i in range(LANES):
            left, right = a[i] * FIRST_MULTIPLIER, c[i] * SECOND_MULTIPLIER
            a[i], b[i] = np.uint32(right >> HALF) ^ b[i] ^ first_key, np.uint32(right)
            c[i], d[i] = np.uint32(left >> HALF) ^ d[i] ^ second_key, np.uint32(left)
