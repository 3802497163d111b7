"""More than 200 functions with right backwards: elementwise, products, windows, means, losses."""

import itertools
from typing import NamedTuple

import numpy as np

from tests.testing import first_course as course


class Right(NamedTuple):
    name: str
    forward: object
    backward: object
    inputs: tuple


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


ELEMENTWISE = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "identity": (lambda x: x.copy(), np.ones_like),
    "constant": (lambda x: 0 * x + 3, lambda x: 0 * x),
    "abs": (np.abs, np.sign),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "relu, one at zero": (lambda x: np.maximum(x, 0), lambda x: (x >= 0) * 1.0),
    "relu, a half at zero": (lambda x: np.maximum(x, 0), lambda x: np.heaviside(x, 0.5)),
    "leaky relu": (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1, 0.1)),
    "relu6": (lambda x: np.clip(x, 0, 6), lambda x: ((x > 0) & (x < 6)) * 1.0),
    "elu": (
        lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
        lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
    ),
    "softplus": (lambda x: np.logaddexp(0, x), _sigmoid),
    "silu": (
        lambda x: x * _sigmoid(x),
        lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
    ),
    "softsign": (lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
    "x |x|": (lambda x: x * np.abs(x), lambda x: 2 * np.abs(x)),
    "real part dropped": (lambda x: np.real(x) ** 2, lambda x: 2 * x),
    "stiff": (lambda x: np.tanh(40 * x), lambda x: 40 / np.cosh(40 * x) ** 2),
    "tiny": (lambda x: 1e-9 * np.sin(x), lambda x: 1e-9 * np.cos(x)),
    "huge": (lambda x: 1e9 * np.sin(x), lambda x: 1e9 * np.cos(x)),
    "large offset": (lambda x: 1e6 + np.sin(x), np.cos),
    "rounded up": (lambda x: np.ceil(x + 0.3) + x, np.ones_like),
}

POINTS = {
    "ordinary": lambda random: random.normal(size=(3, 4)),
    "on whole numbers": lambda random: np.round(2 * random.normal(size=(3, 4))),
    "small": lambda random: 1e-3 * random.normal(size=(5,)),
    "large": lambda random: random.normal(size=(2, 2, 2)) * 5 + 2,
    "one number": lambda random: np.array(random.normal()),
    "transposed": lambda random: random.normal(size=(3, 4)).T,
}


def _times(slope):
    return lambda dy, x: dy * slope(x)


def elementwise(random):
    for (name, (f, slope)), (where, point) in itertools.product(
        ELEMENTWISE.items(), POINTS.items()
    ):
        x = point(random)
        if name == "rounded up":
            x = x + 0.013
        yield Right(f"{name}, {where}", f, _times(slope), (x,))


def convolutions(random):
    for kernel, stride, pad in itertools.product((1, 2, 3), (1, 2), (0, 1)):
        x, w = random.normal(size=(2, 2, 5, 4)), random.normal(size=(3, 2, kernel, kernel))
        inputs = (x, w, random.normal(size=3), stride, pad)
        yield Right(
            f"conv {kernel} {stride} {pad}", course.conv_forward, course.conv_backward, inputs
        )


def poolings(random):
    for size, stride, digits in itertools.product((1, 2, 3), (1, 2, 3), (9, 0)):
        x = np.round(random.normal(size=(2, 5, 6, 2)), digits)
        yield Right(
            f"pool {size} {stride} rounded to {digits}",
            course.pool_forward,
            course.pool_backward,
            (x, size, stride),
        )


def divided_pool_backward(dout, x, size, stride):
    """Divides the gradient among equal maxima: a valid subgradient, too."""
    dx = np.zeros_like(x)
    n, oh, ow, c = dout.shape
    for k, i, j, l in np.ndindex(n, oh, ow, c):
        part = (k, slice(i * stride, i * stride + size), slice(j * stride, j * stride + size), l)
        mask = x[part] == x[part].max()
        dx[part] += mask / mask.sum() * dout[k, i, j, l]
    return dx


def normalizations(random):
    for shape, scale in itertools.product(((6, 4), (3, 5), (20, 2), (2, 3)), (1.0, 100.0, 0.1)):
        x = scale * random.normal(size=shape) + 1
        inputs = (x, random.uniform(0.5, 2, shape[1]), random.normal(size=shape[1]))
        yield Right(f"norm {shape} {scale}", course.norm_forward, course.norm_backward, inputs)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(dy, x):
    y = softmax(x)
    return y * (dy - (dy * y).sum(-1, keepdims=True))


def cross_entropy(x, labels):
    return -np.log(softmax(x)[np.arange(len(x)), labels]).mean()


def cross_entropy_backward(dy, x, labels):
    dx = softmax(x)
    dx[np.arange(len(x)), labels] -= 1
    return dy * dx / len(x)


def dense_relu(x, w, b):
    z = x @ w + b
    return np.maximum(z, 0), (x, w, z)


def dense_relu_backward(dy, cache):
    x, w, z = cache
    dz = dy * (z > 0)
    return dz @ w.T, x.T @ dz, dz.sum(0)


def in_float32(x, w):
    return (x.astype("float32") @ w.astype("float32")) ** 2


def in_float32_backward(dy, x, w):
    dz = 2 * (x @ w) * dy
    return (dz @ w.T).astype("float32"), (x.T @ dz).astype("float32")


def hidden_float32(x, w):
    return np.tanh(x.real.astype("float32") @ w.real.astype("float32")).astype("float64")


def hidden_float32_backward(dy, x, w):
    dz = (1 - np.tanh(x @ w) ** 2) * dy
    return dz @ w.T, x.T @ dz


def others(random):
    for n, m in ((3, 4), (1, 5), (4, 4), (2, 1)):
        x = random.normal(size=(n, m))
        yield Right(f"softmax {n} {m}", softmax, softmax_backward, (x,))
        labels = random.integers(0, m, n)
        yield Right(f"cross-entropy {n} {m}", cross_entropy, cross_entropy_backward, (x, labels))
        w = random.normal(size=(m, 3))
        yield Right(
            f"dense relu {n} {m}", dense_relu, dense_relu_backward, (x, w, random.normal(size=3))
        )
        yield Right(f"float32 {n} {m}", in_float32, in_float32_backward, (x, w))
        yield Right(f"hidden float32 {n} {m}", hidden_float32, hidden_float32_backward, (x, w))
        yield Right(
            f"mean {n} {m}",
            lambda x: x.mean(0),
            lambda dy, x: np.broadcast_to(dy / len(x), x.shape),
            (x,),
        )
        yield Right(
            f"max {n} {m}",
            lambda x: x.max(),
            lambda dy, x: dy * (x == x.max()),
            (x,),
        )
        yield Right(
            f"norm of a vector {n} {m}",
            lambda x: np.sqrt((x * x).sum()),
            lambda dy, x: dy * x / np.sqrt((x * x).sum()),
            (x,),
        )
        yield Right(
            f"unused input {n} {m}", lambda x, w: x * 2, lambda dy, x, w: (2 * dy, None), (x, w)
        )
    for size, stride in ((2, 1), (2, 2), (3, 2)):
        x = np.round(random.normal(size=(1, 5, 5, 2)))
        yield Right(
            f"divided ties {size} {stride}",
            course.pool_forward,
            divided_pool_backward,
            (x, size, stride),
        )


def right_functions():
    random = np.random.default_rng(4)
    parts = (elementwise, convolutions, poolings, normalizations, others)
    return [case for part in parts for case in part(random)]
