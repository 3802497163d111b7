"""`keras.backend` with the functions of Keras 2, which `tensorflow.keras` still has there.

Programs call them as `K.mean`, `K.flatten` and so on in losses, metrics and `Lambda` layers. Most
are operations of `minicnn.ops` with the same name; those with other names, arguments or defaults
are defined here. All other names are those of `minicnn.backend`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import activations, backend, ops, random
from minicnn.autodiff import Variable
from minicnn.common import configuration
from minicnn.utils import is_keras_tensor

_AS_IN_OPS = frozenset(
    "abs all any arange binary_crossentropy cast categorical_crossentropy cos elu equal exp "
    "greater greater_equal hard_sigmoid less less_equal log max maximum "
    "mean min minimum ndim not_equal one_hot ones_like prod reshape round shape sigmoid sign sin "
    "softmax softplus softsign sparse_categorical_crossentropy square squeeze stack std "
    "stop_gradient sum tanh tile transpose var zeros_like".split()
)
_RENAMED = {
    "eval": "convert_to_numpy",
    "get_value": "convert_to_numpy",
    "permute_dimensions": "transpose",
    "pow": "power",
    "repeat_elements": "repeat",
    "reverse": "flip",
}

__all__ = ["is_keras_tensor"]  # Keras has it here too


def __getattr__(name: str) -> Any:
    if name in _AS_IN_OPS:
        return getattr(ops, name)
    if name in _RENAMED:
        return getattr(ops, _RENAMED[name])
    return getattr(backend, name)


def __dir__() -> list[str]:
    return sorted({*dir(backend), *_AS_IN_OPS, *_RENAMED, *globals()})


def argmax(x: Any, axis: int = -1) -> Any:
    """Index of the largest element."""
    return ops.argmax(x, axis=axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Index of the smallest element."""
    return ops.argmin(x, axis=axis)


def batch_flatten(x: Any) -> Any:
    """Joins all axes except the first: `(batch, elements)`."""
    return ops.reshape(x, (ops.shape(x)[0], -1))


def cast_to_floatx(x: Any) -> Any:
    """`x` in the default float type; an array stays an array."""
    if ops.is_tensor(x) or isinstance(x, Variable):
        return ops.cast(x, configuration.floatx())
    return np.asarray(x, dtype=configuration.floatx())


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Elements limited to the interval from `min_value` to `max_value`."""
    return ops.clip(x, min_value, max_value)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """Tensors joined along an axis."""
    return ops.concatenate(tensors, axis=axis)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor with this value, repeated to fill `shape`."""
    value = ops.cast(value, dtype or configuration.floatx())
    return value if shape is None else ops.broadcast_to(value, shape)


def count_params(x: Any) -> int:
    """The number of elements."""
    return int(np.prod(x.shape))


def cumprod(x: Any, axis: int = 0) -> Any:
    """Cumulative products."""
    return ops.cumprod(x, axis=axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """Cumulative sums."""
    return ops.cumsum(x, axis=axis)


def dot(x: Any, y: Any) -> Any:
    """Product over the last axis of x and the last but one of y."""
    return ops.dot(x, y)


def dtype(x: Any) -> str:
    """Name of the type of the elements."""
    return backend.standardize_dtype(x.dtype)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Adds an axis of length 1."""
    return ops.expand_dims(x, axis)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Variable:
    """A variable with ones on the diagonal."""
    return variable(np.eye(size), dtype)


def flatten(x: Any) -> Any:
    """Joins all axes."""
    return ops.reshape(x, (-1,))


def gather(reference: Any, indices: Any) -> Any:
    """The rows of `reference` with these indices."""
    return ops.take(reference, ops.cast(indices, "int32"), axis=0)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as a tuple, None where it is not known."""
    return tuple(x.shape)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """`x / √Σx²`."""
    total = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(total, 1e-12))


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """A variable of ones."""
    return variable(np.ones(shape), dtype)


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normally distributed numbers."""
    return random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Uniformly distributed numbers."""
    return random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """`x` above the threshold, `alpha · (x - threshold)` below."""
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def set_value(x: Variable, value: Any) -> None:
    """Gives a variable another value."""
    x.assign(value)


def sqrt(x: Any) -> Any:
    """Square root; 0 for negative elements."""
    return ops.sqrt(ops.maximum(x, 0))


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Elements of the first where the condition holds, else of the second.

    Functions are called for their values.
    """
    if callable(then_expression):
        return ops.cond(condition, then_expression, else_expression)
    return ops.where(condition, then_expression, else_expression)


def update(x: Variable, new_x: Any) -> Any:
    """Gives a variable another value, and returns it."""
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Any:
    """Adds to a variable."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: Any) -> Any:
    """Subtracts from a variable."""
    return x.assign_sub(decrement)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A variable with this initial value."""
    created = Variable(np.asarray(value), dtype=dtype or configuration.floatx(), name=name)
    created.constraint = constraint
    return created


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """A variable of zeros."""
    return variable(np.zeros(shape), dtype)
