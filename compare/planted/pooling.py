"""Planted bugs in pooling."""

from __future__ import annotations

from compare.planted.places import LAYERS, NN, NUMPY
from compare.planted.switch import BACKWARD, FORWARD, Bug

BUGS = [
    Bug(
        "a maximum's gradient is doubled",
        BACKWARD,
        NN + "pooling",
        "vjp=lambda g, y, x, **window: max_pool_gradient(g, x, **window),",
        "vjp=lambda g, y, x, **window: max_pool_gradient(2 * g, x, **window),",
        ("layers.MaxPooling2D",),
    ),
    Bug(
        "the last of the largest elements wins instead of the first",
        BACKWARD,
        NUMPY + "pool",
        "return windows.argmax(-2, keepdims=True)",
        "return windows.shape[-2] - 1 - windows[..., ::-1, :].argmax(-2, keepdims=True)",
        ("ops.max_pool",),
    ),
    Bug(
        "padding wins a maximum among negative numbers",
        FORWARD,
        NUMPY + "pool",
        'lowest = -np.inf if x.dtype.kind in "fc"',
        'lowest = 0.0 if x.dtype.kind in "fc"',
        ("layers.MaxPooling2D",),
    ),
    Bug(
        "padding counts in an average",
        FORWARD,
        NUMPY + "pool",
        "return np.maximum(_windows(inside, pool_size, strides, padding).sum(-2), 1)",
        "return np.maximum(0 * _windows(inside, pool_size, strides, padding).sum(-2), "
        "prod(pool_size))",
        ("layers.AveragePooling2D",),
    ),
    Bug(
        "the gradient of an average is not divided",
        BACKWARD,
        NUMPY + "pool",
        "share = cotangent / counts.astype(cotangent.real.dtype)",
        "share = cotangent * np.minimum(counts, 1).astype(cotangent.real.dtype)",
        ("layers.AveragePooling2D",),
    ),
    Bug(
        "masked steps count in a global average",
        FORWARD,
        LAYERS + "pooling.global_average_pooling1d",
        "weights = ops.cast(counts, inputs.dtype)",
        "weights = ops.ones_like(ops.cast(counts, inputs.dtype))",
        ("layers.GlobalAveragePooling1D",),
    ),
    Bug(
        "ties of a maximum are counted twice",
        BACKWARD,
        NUMPY + "pool",
        "columns = np.where(winners == taps, cotangent[..., None, :], 0)",
        "columns = np.where(np.maximum(*np.broadcast_arrays(winners == taps, "
        "_windows(x, pool_size, strides, padding) == max_pool(x, pool_size, strides, "
        "padding)[..., None, :])), cotangent[..., None, :], 0)",
        ("ops.max_pool",),
    ),
    Bug(
        "the gradient of an average is divided by the whole window, padding too",
        BACKWARD,
        NUMPY + "pool",
        "share = cotangent / counts.astype(cotangent.real.dtype)",
        "share = cotangent / cotangent.dtype.type(prod(pool_size))",
        ("layers.AveragePooling2D",),
    ),
    Bug(
        "adaptive windows end one element early",
        FORWARD,
        NN + "pooling",
        "return [range(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]",
        "return [range(i * length // count, (i + 1) * length // count) for i in range(count)]",
        ("AdaptiveAveragePooling2D",),
    ),
]
