"""Random numbers of many distributions, determined by a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.autodiff import Tensor
from minicnn.autodiff.seed_generator import SeedGenerator, draw_key
from minicnn.autodiff.tracing import traced
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.common.shapes import standardize_shape
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor

Seed = int | SeedGenerator | None


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = None, seed: Seed = None
) -> Tensor:
    """Numbers from the normal distribution N(mean, stddev²).

    Args:
        shape: of the result.
        mean: the centre; may be a tensor, and is differentiable then.
        stddev: the standard deviation; may be a tensor, and is differentiable then.
        dtype: a float type, `config.floatx()` by default.
        seed: an integer, a `SeedGenerator`, or None.

    Example:
        >>> import minicnn as keras
        >>> keras.random.normal((2, 3), seed=1).shape
        (2, 3)
    """
    sample = _draw(kernels.normal, shape, _float_dtype(dtype, "normal"), seed)
    return ops.cast(sample * stddev + mean, sample.dtype)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = None, seed: Seed = None
) -> Tensor:
    """Numbers from N(mean, stddev²), truncated at a distance of 2 · stddev from the mean.

    The standard deviation of the truncated distribution is 0.8796 · stddev.
    """
    dtype = _float_dtype(dtype, "truncated_normal")
    sample = _draw(kernels.truncated_normal, shape, dtype, seed)
    return ops.cast(sample * stddev + mean, sample.dtype)


def uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: str | None = None, seed: Seed = None
) -> Tensor:
    """Numbers from the uniform distribution on [minval, maxval), without `maxval` itself."""

    def scaled(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        low, high = np.asarray(minval, dtype), np.asarray(maxval, dtype)
        values = kernels.uniform(key, shape, dtype) * (high - low) + low
        # The sum may be rounded up to the excluded end.
        return np.minimum(values, np.maximum(np.nextafter(high, low), low))

    return _draw(scaled, shape, _float_dtype(dtype, "uniform"), seed)


def randint(
    shape: Any, minval: int, maxval: int, dtype: str = "int32", seed: Seed = None
) -> Tensor:
    """Random integers from minval to maxval − 1, all equally likely."""
    dtype = dtypes.standardize_dtype(dtype or "int32")
    if not dtypes.is_int_dtype(dtype):
        raise ValueError(
            "`keras.random.randint` requires an integer `dtype`. "
            f"Received: dtype={dtype}. Use `keras.random.uniform` for floats."
        )
    if maxval <= minval:
        raise ValueError(
            "`keras.random.randint` draws from minval up to maxval − 1, so `maxval` must be larger "
            f"than `minval`. Received: minval={minval}, maxval={maxval}"
        )
    return _draw(
        lambda key, shape, _: kernels.randint(key, shape, minval, maxval), shape, dtype, seed
    )


def categorical(logits: Any, num_samples: int, dtype: str = "int32", seed: Seed = None) -> Tensor:
    """Random classes with the probabilities softmax(logits): argmax(logits + Gumbel noise).

    Source: Gumbel, "Statistical theory of extreme values" (1954).

    Args:
        logits: unnormalised logarithms of the probabilities, (batch, classes).
        num_samples: how many classes to draw for each row.
        dtype: of the result.
        seed: an integer, a `SeedGenerator`, or None.

    Returns:
        Class numbers, (batch, num_samples).
    """
    logits = ops.convert_to_tensor(logits)
    if logits.ndim != 2:
        raise ValueError(
            "`logits` should be a 2-D tensor with shape [batch_size, num_classes]. "
            f"Received: logits of shape {tuple(logits.shape)}"
        )
    if is_keras_tensor(logits):
        return KerasTensor((logits.shape[0], num_samples), dtype)

    def choose(key: np.ndarray, shape: tuple[int, ...], _: np.dtype) -> np.ndarray:
        noise = kernels.gumbel(key, (*shape, logits.shape[1]), np.dtype("float64"))
        return np.argmax(logits.array[:, None, :] + noise, axis=-1)

    return _draw(choose, (logits.shape[0], num_samples), dtype, seed)


def gamma(shape: Any, alpha: Any, dtype: str | None = None, seed: Seed = None) -> Tensor:
    """Numbers from the gamma distribution, density ∝ x^(alpha − 1) · e^(−x).

    NaN where `alpha` is negative, infinite or NaN: there is no such distribution.
    """

    def sample(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return kernels.gamma(key, shape, np.asarray(alpha), dtype)

    return _draw(sample, shape, _float_dtype(dtype, "gamma"), seed)


def beta(shape: Any, alpha: Any, beta: Any, dtype: str | None = None, seed: Seed = None) -> Tensor:
    """Numbers in [0, 1] from the beta distribution, density ∝ x^(alpha − 1) · (1 − x)^(beta − 1).

    `a / (a + b)`, where a and b are drawn from gamma distributions; NaN where `alpha` or `beta` is
    negative, infinite or NaN.
    """

    def sample(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return kernels.beta(key, shape, np.asarray(alpha), np.asarray(beta), dtype)

    return _draw(sample, shape, _float_dtype(dtype, "beta"), seed)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: str | None = None, seed: Seed = None
) -> Tensor:
    """Numbers from the binomial distribution: successes in `counts` trials with `probabilities`."""

    def sample(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        trials = np.asarray(counts, dtype="int64")
        return kernels.binomial(key, shape, trials, np.asarray(probabilities), np.dtype("float64"))

    return _draw(sample, shape, _float_dtype(dtype, "binomial"), seed)


def _draw(sample: Callable, shape: Any, dtype: str, seed: Seed) -> Tensor | KerasTensor:
    """The tensor of `sample(key, shape, dtype)`; a symbolic one if a length is None.

    That is so while the outline of a layer that calls `random.normal(ops.shape(x))` is computed.
    """
    shape = standardize_shape(shape)
    if None in shape:
        return KerasTensor(shape, dtype)
    # Kernels take NumPy's types only; for others the numbers are rounded afterwards.
    working_dtype = np.dtype("float32" if dtype == "bfloat16" else dtype)
    array = traced(sample, draw_key(seed), shape, working_dtype)
    return Tensor(np.asarray(array, dtype=dtypes.numpy_dtype(dtype)))


def _float_dtype(dtype: str | None, function: str) -> str:
    dtype = dtypes.standardize_dtype(dtype)
    if not dtypes.is_float_dtype(dtype):
        raise ValueError(
            f"`keras.random.{function}` requires a floating point `dtype`. "
            f"Received: dtype={dtype}. Use `keras.random.randint` for whole numbers."
        )
    return dtype
