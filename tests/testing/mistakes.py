"""One planted mistake or more for each kind of diagnosis, beside those of `first_course`."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Planted(NamedTuple):
    name: str
    kind: str
    input: str
    forward: object
    backward: object
    inputs: tuple

    def __str__(self):
        return self.name


RANDOM = np.random.default_rng(7)
X, W, B = RANDOM.normal(size=(5, 4)), RANDOM.normal(size=(4, 3)), RANDOM.normal(size=3)
SQUARE, OTHER = RANDOM.normal(size=(3, 3)), RANDOM.normal(size=(3, 3))
ROWS = RANDOM.normal(size=(5, 3))
LABELS = np.array([0, 2, 1, 2, 0])
IMAGES = RANDOM.normal(size=(2, 3, 4, 4))
KEPT = (RANDOM.random((5, 3)) > 0.4) / 0.6
SCALE, SHIFT = RANDOM.uniform(0.5, 2, 3), RANDOM.normal(size=3)


def affine(x, w, b):
    return x @ w + b


def relu(x):
    return np.maximum(x, 0)


def affine_relu(x, w):
    return np.maximum(x @ w, 0)


def affine_tanh(x, w):
    return np.tanh(x @ w)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(d, x, axis):
    return softmax(x) * (d - (d * softmax(x)).sum(axis, keepdims=True))


def cross_entropy(x, labels):
    return -np.log(softmax(x)[np.arange(len(labels)), labels]).mean()


def cross_entropy_backward(d, x, labels, one=1):
    return d * (softmax(x) - one * np.eye(3)[labels]) / len(labels)


def layer_norm(x, g, b):
    m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return g * (x - m) / np.sqrt(v + 1e-5) + b


def layer_norm_backward(d, x, g, b, mean=1, variance=1, scale=True, deviation=True):
    m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    h = (x - m) / np.sqrt(v + 1e-5)
    dh = d * g if scale else d
    dx = dh - mean * dh.mean(-1, keepdims=True) - variance * h * (dh * h).mean(-1, keepdims=True)
    return dx / (np.sqrt(v + 1e-5) if deviation else 1), (d * h).sum(0), d.sum(0)


def conv(x, w, stride):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = sliding_window_view(padded, w.shape[:2], (1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abcf->nijf", windows, w)


def conv_backward(d, x, w, stride, how=""):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = sliding_window_view(padded, w.shape[:2], (1, 2))
    used = windows[:, ::stride, ::stride]
    if how == "stride of w":
        used = windows[:, : d.shape[1], : d.shape[2]]
    dw = np.einsum("nijcab,nijf->abcf", used, d)
    dx = np.zeros_like(padded)
    for i, j, a, b in np.ndindex(*d.shape[1:3], *w.shape[:2]):
        part = d[:, i, j] @ (w[a, b] if how == "channels" else w[a, b].T)
        at = (slice(None), i * stride + a, j * stride + b)
        dx[at] = part if how == "set" else dx[at] + part
    cut = {"begin": slice(2, None), "end": slice(None, -2)}.get(how, slice(1, -1))
    dx = dx if how == "padding" else dx[:, cut, cut]
    if how == "border":
        dx = np.pad(dx[:, 1:-1, 1:-1], ((0, 0), (1, 1), (1, 1), (0, 0)))
    if how == "last sample":
        dw = np.einsum("ijcab,ijf->abcf", used[-1], d[-1])
    return dx, {"transposed": dw.transpose(1, 0, 2, 3), "flipped": dw[::-1]}.get(how, dw)


def max_pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))


def max_pool_backward(d, x, how=""):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    mask = (blocks == blocks.max((3, 5), keepdims=True)) * 1.0
    if how == "all":
        mask = np.ones_like(mask)
    if how == "average":
        mask = np.ones_like(mask) / 4
    if how == "first":
        mask = np.zeros_like(mask)
        mask[:, :, :, 0, :, 0] = 1
    d = d.swapaxes(2, 3) if how == "transposed" else d
    return (mask * d[:, :, :, None, :, None]).reshape(x.shape)


def average_pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))


def spread(d, x, factor):
    return factor * np.repeat(np.repeat(d, 2, 2), 2, 3)


def embed_backward(d, table, index):
    found = np.zeros_like(table)
    found[index] += d
    return found


def named(kind, input, forward, inputs, **backwards):
    return [
        Planted(f"{kind}: {name.replace('_', ' ')}", kind, input, forward, backward, inputs)
        for name, backward in backwards.items()
    ]


def of_conv(kind, input, how, stride=1):
    inputs = (RANDOM.normal(size=(2, 6, 5, 3)), RANDOM.normal(size=(3, 3, 3, 3)), stride)
    backward = lambda d, x, w, stride: conv_backward(d, x, w, stride, how)  # noqa: E731
    return Planted(f"{kind}: conv {how} {stride}", kind, input, conv, backward, inputs)


def of_pool(kind, how, inputs=(IMAGES,)):
    backward = lambda d, x: max_pool_backward(d, x, how)  # noqa: E731
    return Planted(f"{kind}: pool {how}", kind, "x", max_pool, backward, inputs)


def of_norm(kind, **how):
    backward = lambda d, *inputs: layer_norm_backward(d, *inputs, **how)  # noqa: E731
    x = RANDOM.normal(size=(4, 6))
    inputs = (x, RANDOM.uniform(0.5, 2, 6), RANDOM.normal(size=6))
    return Planted(f"{kind}: layer norm {how}", kind, "x", layer_norm, backward, inputs)


PLANTED = [
    *named(
        "transpose",
        "x",
        affine_tanh,
        (SQUARE, OTHER),
        before_an_activation=lambda d, x, w: (
            (d / np.cosh(x @ w) ** 2) @ w,
            x.T @ (d / np.cosh(x @ w) ** 2),
        ),
    ),
    *named(
        "slope",
        "x",
        lambda x, h, w: np.tanh(x @ w + h),
        (SQUARE, ROWS[:3], OTHER),
        not_squared=lambda d, x, h, w: (
            (d * (1 - np.tanh(x @ w + h))) @ w.T,
            d * (1 - np.tanh(x @ w + h)),
            x.T @ (d * (1 - np.tanh(x @ w + h))),
        ),
    ),
    *named(
        "wrong index",
        "x",
        average_pool,
        (IMAGES,),
        first_channel=lambda d, x: spread(0 * d + d[:, :1], x, 0.25),
    ),
    *named(
        "not visited",
        "x",
        max_pool,
        (RANDOM.normal(size=(2, 2, 6, 6)),),
        last_row=lambda d, x: max_pool_backward(d * [[1], [1], [0]], x),
        first_row=lambda d, x: max_pool_backward(d * [[1], [0], [0]], x),
    ),
    *named(
        "transpose",
        "x",
        lambda x: x.transpose(1, 2, 3, 0).reshape(3, -1),
        (IMAGES,),
        reshaped=lambda d, x: d.reshape(x.shape),
    ),
    *named("zeros", "x", np.sin, (X,), nothing_written=lambda d, x: 0 * x),
    *named("sign", "x", np.cos, (X,), cosine=lambda d, x: d * np.sin(x)),
    *named("factor", "x", np.square, (X,), without_two=lambda d, x: d * x),
    *named("factor", "x", average_pool, (IMAGES,), not_divided=lambda d, x: spread(d, x, 1)),
    *named("factor", "x", lambda x: x.mean(0), (X,), sum=lambda d, x: d + 0 * x),
    *named(
        "cotangent ignored",
        "x",
        cross_entropy,
        (ROWS, LABELS),
        of_a_loss=lambda d, x, labels: cross_entropy_backward(1, x, labels),
    ),
    *named("cotangent ignored", "x", relu, (X,), relu=lambda d, x: (x > 0) * 1.0),
    *named("mask", "x", relu, (X,), relu=lambda d, x: d, inverted=lambda d, x: d * (x < 0)),
    *named("mask", "w", affine_relu, (X, W), dense=lambda d, x, w: (d @ w.T, x.T @ d)),
    of_pool("mask", "all"),
    of_pool("mask", "average"),
    *named("mask", "x", relu, (X,), of_the_cotangent=lambda d, x: d * (x > 0) * (d > 0)),
    *named("slope", "w", affine_tanh, (X, W), tanh=lambda d, x, w: (d @ w.T, x.T @ d)),
    *named("slope", "x", sigmoid, (X,), passed_through=lambda d, x: d),
    *named(
        "slope",
        "x",
        sigmoid,
        (X,),
        at_the_result=lambda d, x: d * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x))),
    ),
    *named(
        "order",
        "x",
        lambda x, w: x @ w,
        (SQUARE, OTHER),
        exchanged=lambda d, x, w: (x.T @ d, d @ w.T),
    ),
    *named(
        "transpose",
        "x",
        lambda x, w: x @ w,
        (SQUARE, OTHER),
        kernel=lambda d, x, w: (d @ w, x.T @ d),
    ),
    *named(
        "transpose",
        "w",
        affine,
        (X, W, B),
        shape=lambda d, x, w, b: (d @ w.T, d.T @ x, d.sum(0)),
    ),
    of_conv("transpose", "w", "transposed"),
    of_conv("transpose", "x", "channels"),
    of_pool("transpose", "transposed"),
    of_conv("flip", "w", "flipped"),
    of_conv("shift", "x", "begin"),
    of_conv("shift", "x", "end"),
    of_conv("padding", "x", "padding"),
    of_conv("border", "x", "border"),
    of_conv("overwritten", "x", "set"),
    of_conv("overwritten", "x", "set", 2),
    of_conv("batch", "w", "last sample"),
    of_conv("stride", "w", "stride of w", 2),
    of_pool("wrong element", "first"),
    of_pool("ties", "", (np.round(IMAGES),)),
    of_norm("mean term", mean=0),
    of_norm("mean term", mean=6),
    of_norm("variance term", variance=0),
    of_norm("variance term", variance=-1),
    of_norm("mean and variance terms", mean=0, variance=0),
    of_norm("missing factor", scale=False),
    of_norm("missing factor", deviation=False),
    *named("mean term", "x", lambda x: x - x.mean(0), (X,), centred=lambda d, x: d),
    *named(
        "missing factor",
        "x",
        lambda x, m: x * m,
        (ROWS, KEPT),
        dropout=lambda d, x, m: (d, d * x),
    ),
    *named("sum term", "x", softmax, (ROWS,), none=lambda d, x: d * softmax(x)),
    *named("sum term", "x", softmax, (ROWS,), own=lambda d, x: d * softmax(x) * (1 - softmax(x))),
    *named("wrong axis", "x", softmax, (ROWS,), softmax=lambda d, x: softmax_backward(d, x, 0)),
    *named(
        "wrong axis",
        "b",
        affine,
        (X, W, B),
        bias=lambda d, x, w, b: (d @ w.T, x.T @ d, d.sum(1)),
    ),
    *named("not summed", "b", affine, (X, W, B), bias=lambda d, x, w, b: (d @ w.T, x.T @ d, d)),
    *named(
        "added term",
        "w",
        lambda x, w: x @ w,
        (X, W),
        weight_decay=lambda d, x, w: (d @ w.T, x.T @ d + 0.01 * w),
    ),
    *named(
        "added term", "x", lambda x: x + np.tanh(x), (X,), skip=lambda d, x: d / np.cosh(x) ** 2
    ),
    *named(
        "added term",
        "x",
        cross_entropy,
        (ROWS, LABELS),
        one_of_the_label=lambda d, x, labels: cross_entropy_backward(d, x, labels, 0),
    ),
    *named(
        "wrong operand",
        "g",
        lambda x, g: (x - x.mean(0)) * g,
        (ROWS, SCALE),
        not_centred=lambda d, x, g: (g * (d - d.mean(0)), (d * x).sum(0)),
    ),
    *named(
        "overwritten",
        "table",
        lambda table, index: table[index],
        (ROWS, np.array([0, 1, 1, 3, 0])),
        embedding=embed_backward,
    ),
    *named("not linear", "x", np.sin, (X,), squared=lambda d, x: np.cos(x) * d**2),
    *named(
        "not finite",
        "x",
        lambda x: np.sqrt(x * x),
        (np.array([1.0, 0.0]),),
        root=lambda d, x: d * x / np.sqrt(x * x),
    ),
]
