"""Planted bugs in pooling."""

from __future__ import annotations

from compare.mutants.planted.places import LAYERS, NN, NUMPY
from compare.mutants.planted.switch import BACKWARD, FORWARD, Bug

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
        "the last maximum of a window gets the gradient instead of the first",
        BACKWARD,
        NUMPY + "pool",
        "argmax = [windows[i : i + some].argmax(-1) for i in range(0, len(windows), some)]",
        "argmax = [size - 1 - windows[..., ::-1].argmax(-1)]",
        ("ops.max_pool",),
    ),
    Bug(
        "padding is the maximum of negative numbers",
        FORWARD,
        NUMPY + "pool",
        "lowest = -np.inf if is_inexact(x.dtype)",
        "lowest = 0.0 if is_inexact(x.dtype)",
        ("layers.MaxPooling2D",),
    ),
    Bug(
        "padding counts in an average",
        FORWARD,
        NUMPY + "pool",
        "return np.maximum(counts, 1)",
        "return np.full_like(counts, counts.max())",
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
        "number = ops.sum(ops.cast(counts, x.dtype), axis=steps, keepdims=self.keepdims)",
        "number = ops.sum(ops.ones_like(x), axis=steps, keepdims=self.keepdims)",
        ("layers.GlobalAveragePooling1D",),
    ),
    Bug(
        "of windows that share a maximum only one gives its cotangent",
        BACKWARD,
        NUMPY + "pool",
        "np.add.at(padded, (argmax, *np.indices(argmax.shape, sparse=True)[1:]), cotangent)",
        "padded[(argmax, *np.indices(argmax.shape, sparse=True)[1:])] = cotangent",
        ("ops.max_pool",),
    ),
    Bug(
        "the gradient of an average is divided by the whole window, padding too",
        BACKWARD,
        NUMPY + "pool",
        "share = cotangent / counts.astype(cotangent.real.dtype)",
        "share = cotangent / cotangent.dtype.type(np.prod(pool_size))",
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
