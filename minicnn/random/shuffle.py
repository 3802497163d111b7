"""Puts the slices of a tensor in random order."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.autodiff import Tensor
from minicnn.autodiff.seed_generator import draw_key
from minicnn.backend import kernels
from minicnn.ops.symbolic.keras_tensor import is_keras_tensor
from minicnn.random.distributions import Seed


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Tensor:
    """The slices of `x` along an axis, in random order.

    Example:
        >>> import minicnn as keras
        >>> sorted(keras.random.shuffle([1, 2, 3], seed=0).tolist())
        [1, 2, 3]
    """
    x = ops.convert_to_tensor(x)
    if is_keras_tensor(x):
        return x
    return ops.take(x, kernels.permutation(draw_key(seed), x.shape[axis]), axis=axis)
