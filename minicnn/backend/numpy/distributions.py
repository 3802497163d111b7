"""Random numbers of many distributions, computed from the words of `kernels.random_bits`.

Both backends have the same words, so both give the same numbers. `key` is a pair of 32-bit numbers;
the same key gives the same numbers, a different key independent ones.
"""

from __future__ import annotations

from math import erf, prod

import numpy as np

from minicnn.backend import kernels
from minicnn.backend.numpy.random import Key
from minicnn.backend.numpy.special import erfinv

Shape = tuple[int, ...]
DType = np.dtype | str

# Stands for 0, whose limit is wanted: its reciprocal times a logarithm is still a finite number.
_SMALLEST_ALPHA = 1e-300


def uniform(key: Key, shape: Shape, dtype: DType = "float32", stream: int = 0) -> np.ndarray:
    """Uniform in [0, 1): multiples of 2⁻²⁴ in float32, of 2⁻⁵³ in float64, of 2⁻¹¹ in float16."""
    count, dtype = prod(shape), np.dtype(dtype)
    digits = np.finfo(dtype).nmant + 1
    if digits > 32:
        words = _wide_words(key, count, stream) >> (64 - digits)
    else:
        words = kernels.random_bits(key, count, stream) >> (32 - digits)
    return (words.astype(dtype) * dtype.type(0.5**digits)).reshape(shape)


def normal(key: Key, shape: Shape, dtype: DType = "float32", stream: int = 0) -> np.ndarray:
    """Mean 0, variance 1: two uniforms u, v in (0, 1] give `√(-2 ln u) · (cos 2πv, sin 2πv)`.

    It is computed in float64 and rounded. Source: Box, Muller, "A note on the generation of random
    normal deviates" (1958).
    """
    count = prod(shape)
    pairs = 1 - uniform(key, ((count + 1) // 2, 2), "float64", stream)
    radius, angle = np.sqrt(-2 * np.log(pairs[:, 0])), 2 * np.pi * pairs[:, 1]
    both = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return both.reshape(-1)[:count].reshape(shape).astype(dtype)


def truncated_normal(key: Key, shape: Shape, dtype: DType = "float32") -> np.ndarray:
    """The standard normal distribution, truncated to [-2, 2].

    By inversion: `√2 · erf⁻¹(u · erf(√2))` with u uniform in (-1, 1).
    """
    u = 2 * uniform(key, shape, "float64") - 1
    return (erfinv(u * erf(2**0.5)) * 2**0.5).astype(dtype)


def randint(key: Key, shape: Shape, minval: int, maxval: int, dtype: DType = "int32") -> np.ndarray:
    """Integers from `minval` up to, not including, `maxval`.

    Each is the remainder of a number of 64 bits, so for ranges of 32 bits the probabilities differ
    by less than 2⁻³².
    """
    words = _wide_words(key, prod(shape), 0) % np.uint64(int(maxval) - int(minval))
    return (words.astype(np.int64) + int(minval)).reshape(shape).astype(dtype)


def permutation(key: Key, count: int) -> np.ndarray:
    """`0 ... count - 1` in random order: the order of `count` random numbers of 64 bits."""
    return np.argsort(_wide_words(key, count, 0), kind="stable")


def gumbel(key: Key, shape: Shape, dtype: DType = "float32") -> np.ndarray:
    """Standard Gumbel distribution, `-ln(-ln u)`.

    `argmax(logits + gumbel)` has the distribution `softmax(logits)`.
    """
    u = np.maximum(uniform(key, shape, "float64"), 0.5**54)
    return -np.log(-np.log(u)).astype(dtype)


def gamma(key: Key, shape: Shape, alpha: np.ndarray | float, dtype: DType = "float32"):
    """Gamma distribution of shape parameter `alpha` and scale 1.

    Zeros for `alpha = 0`, the limit; NaN where `alpha` is negative, infinite or NaN.
    """
    return np.exp(_log_gamma(key, shape, alpha)).astype(dtype)


def beta(
    key: Key,
    shape: Shape,
    alpha: np.ndarray | float,
    beta: np.ndarray | float,
    dtype: DType = "float32",
) -> np.ndarray:
    """Beta distribution on [0, 1]: `a / (a + b)` with a and b from gamma distributions.

    From their logarithms, because for small `alpha` and `beta` both are 0 in any float type. It is
    0 or 1 for `alpha = beta = 0`, the limit, and NaN where one is negative, infinite or NaN.
    """
    log_a = _log_gamma(key, shape, alpha)
    log_b = _log_gamma(kernels.random_bits(key, 2), shape, beta)
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(log_b - log_a))).astype(dtype)


def _log_gamma(key: Key, shape: Shape, alpha: np.ndarray | float) -> np.ndarray:
    """Logarithm of numbers from the gamma distribution.

    By rejection: the cube of a normal number is accepted, or drawn again from the next stream. For
    `alpha < 1` a number for `alpha + 1` is multiplied by `u^(1/alpha)`. Source: Marsaglia, Tsang,
    "A simple method for generating gamma variables" (2000), sections 2 and 6.
    """
    alpha = np.broadcast_to(np.asarray(alpha, np.float64), shape)
    waiting = (alpha >= 0) & np.isfinite(alpha)
    result = np.where(waiting, 0.0, np.nan)
    alpha = np.where(waiting, np.maximum(alpha, _SMALLEST_ALPHA), 1)
    d = np.where(alpha < 1, alpha + 1, alpha) - 1 / 3
    stream = 1
    while waiting.any():
        x, u = normal(key, shape, "float64", stream), 1 - uniform(key, shape, "float64", stream + 1)
        log_v = 3 * np.log(np.maximum(1 + x / (3 * np.sqrt(d)), 1e-100))
        accepted = waiting & (np.log(u) < 0.5 * x * x + d - d * np.exp(log_v) + d * log_v)
        result = np.where(accepted, np.log(d) + log_v, result)
        waiting = waiting & ~accepted
        stream += 2
    boost = np.log(1 - uniform(key, shape, "float64")) / alpha
    return result + np.where(alpha < 1, boost, 0)


def binomial(
    key: Key,
    shape: Shape,
    counts: np.ndarray | int,
    probabilities: np.ndarray | float,
    dtype: DType = "float32",
) -> np.ndarray:
    """Binomial distribution: how many of `counts` trials succeed, with the given probabilities.

    NumPy's generator draws them, seeded by the key, because its time does not grow with `counts`.
    """
    generator = np.random.Generator(np.random.Philox(key=np.asarray(key, np.uint64)))
    return generator.binomial(counts, probabilities, shape).astype(dtype)


def _wide_words(key: Key, count: int, stream: int) -> np.ndarray:
    """Random words of 64 bits."""
    high, low = kernels.random_bits(key, 2 * count, stream).astype(np.uint64).reshape(count, 2).T
    return high << 32 | low
