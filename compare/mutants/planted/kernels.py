"""Planted bugs in compiled kernels. Each is planted in a copy of the source and compiled there."""

from __future__ import annotations

from compare.mutants.planted.places import NUMBA
from compare.mutants.planted.switch import BACKWARD, FORWARD, OPTIMIZER, Bug

BUGS = [
    Bug(
        "compiled softmax divides by one more than the sum",
        FORWARD,
        NUMBA + "softmax",
        "y[i, j] /= total",
        "y[i, j] /= 1 + total",
        ("ops.softmax",),
    ),
    Bug(
        "compiled softmax's gradient lacks the mean term",
        BACKWARD,
        NUMBA + "softmax",
        "gradient[i, j] = y[i, j] * (cotangent[i, j] - product)",
        "gradient[i, j] = y[i, j] * cotangent[i, j]",
        ("ops.softmax", "layers.Softmax"),
    ),
    Bug(
        "compiled Adam squares the average, not the gradient",
        OPTIMIZER,
        NUMBA + "optimizers",
        "velocity = multiply_add(gradient * gradient - velocity, new_share_2, velocity)",
        "velocity = multiply_add(momentum * momentum - velocity, new_share_2, velocity)",
        ("optimizers.Adam(",),
    ),
    Bug(
        "compiled Nesterov momentum is plain momentum",
        OPTIMIZER,
        NUMBA + "optimizers",
        "store(targets[0, p] + at, load(w + at) + (momentum * velocity - step))",
        "store(targets[0, p] + at, load(w + at) + velocity)",
        ("optimizers.SGD(",),
    ),
    Bug(
        "the compiled gradient of a convolution keeps one window for each pixel",
        BACKWARD,
        NUMBA + "conv.im2col",
        "target[i] += source[i]",
        "target[i] = source[i]",
        ("layers.Conv2D(filters=3, kernel_size=(2, 4)",),
    ),
    Bug(
        "the compiled gradient of average pooling divides by the whole window",
        BACKWARD,
        NUMBA + "pool",
        "count = (bottom_row - top_row) * (right_column - left_column)",
        "count = down * across",
        ("layers.AveragePooling2D(",),
    ),
    Bug(
        "the compiled gradient of max pooling keeps one window for each pixel",
        BACKWARD,
        NUMBA + "pool",
        "pixels[argmax[c], c] += source[c]",
        "pixels[argmax[c], c] = source[c]",
        ("layers.MaxPooling2D(",),
    ),
    Bug(
        "the compiled gradient of Winograd's kernel adds at most four pieces",
        BACKWARD,
        NUMBA + "conv.winograd.products",
        "for piece in range(1, len(sums)):",
        "for piece in range(1, min(4, len(sums))):",
        ("layers.Conv2D(filters=17, kernel_size=3, padding='same') on (64",),
    ),
    Bug(
        "compiled dropout decides by eight bits of sixteen",
        FORWARD,
        NUMBA + "dropout",
        "halves += [builder.and_(word, _constant(_WORDS, 0xFFFF))]",
        "halves += [builder.and_(word, _constant(_WORDS, 0xFF00))]",
        ("random.dropout",),
    ),
]
