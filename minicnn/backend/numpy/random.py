"""Counter-based random bits: the n-th random word is a function of the key and n alone.

So there is no state, any thread can compute any part of a stream, and a mask can be computed again
instead of being stored. The function is Philox-4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel
random numbers: as easy as 1, 2, 3" (2011), section 4.3; the constants are in its Table 2 and
section 4.2. A `key` is a pair of 32-bit numbers, as a `SeedGenerator` has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and √3 - 1, as fractions of 2³²
ROUNDS = 10
WORD = 0xFFFFFFFF
LANES = 8  # blocks of four words that dropout computes together
GROUP = 8 * LANES  # elements for which they are enough: 16 bits for each

Key = Sequence[int] | np.ndarray


def philox(counter: np.ndarray, key: Key) -> np.ndarray:
    """Four random words for each counter: `(4, n)` uint32 to `(4, n)` uint32.

    Each round multiplies two of the words to 64 bits and mixes the halves into the other two.
    """
    a, b, c, d = np.asarray(counter, np.uint64)
    first, second = (int(word) for word in key)
    for _ in range(ROUNDS):
        left, right = a * np.uint64(MULTIPLIERS[0]), c * np.uint64(MULTIPLIERS[1])
        a, b = (right >> 32) ^ b ^ np.uint64(first), right & WORD
        c, d = (left >> 32) ^ d ^ np.uint64(second), left & WORD
        first, second = (first + KEY_STEPS[0]) & WORD, (second + KEY_STEPS[1]) & WORD
    return np.stack([a, b, c, d]).astype(np.uint32)


def random_bits(key: Key, count: int, stream: int = 0) -> np.ndarray:
    """The first `count` random words (uint32) of one of the 2³² streams of `key`."""
    block = np.arange((count + 3) // 4, dtype=np.uint64)
    counter = np.stack([block & WORD, block >> 32, np.full_like(block, stream), 0 * block])
    return philox(counter, key).T.reshape(-1)[:count]


def dropout_mask(
    key: Key, shape: tuple[int, ...], rate: float, dtype: np.dtype | str = "float32"
) -> np.ndarray:
    """0 with probability `rate`, else `1 / (1 - rate)`, which keeps the expected sum."""
    return dropout(np.ones(shape, dtype), rate, key)


def dropout(x: np.ndarray, rate: float, key: Key) -> np.ndarray:
    """Zero with probability `rate`, else `x / (1 - rate)`.

    It is linear in `x` and its own adjoint, so with the same key it computes the cotangent.
    An element is zero if its sixteen random bits, as a number, are below `rate · 2¹⁶`; so the
    probability is a multiple of 2⁻¹⁶.
    """
    threshold, scale = dropout_constants(rate)
    bits = _random_halves(key, x.size).reshape(x.shape)
    return np.where(bits < threshold, 0, x * x.dtype.type(scale))


def dropout_constants(rate: float) -> tuple[int, float]:
    """`rate · 2¹⁶`, below which random numbers of sixteen bits mean zero, and `1 / (1 - rate)`."""
    return round(rate * 2**16), 1 / (1 - rate) if rate < 1 else 0.0


def _random_halves(key: Key, count: int) -> np.ndarray:
    """`count` random numbers of sixteen bits, the halves of words.

    Their order suits vectors of eight numbers. In each group of 64 come the low halves of the first
    words of eight blocks, the high halves of these, the low halves of the second words, and so on.
    """
    groups = -(-count // GROUP)
    words = random_bits(key, groups * GROUP // 2).reshape(groups, LANES, 4).swapaxes(1, 2)
    return np.stack([words & 0xFFFF, words >> 16], 2).reshape(-1)[:count]
