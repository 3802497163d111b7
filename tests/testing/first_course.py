"""Backwards as students of a first course write them, and the usual mistakes in them.

Each mistake is a line that is replaced in the source of a right backward, with the kind of
diagnosis that is right for it.
"""

import inspect
import textwrap
from typing import NamedTuple

import numpy as np

EPSILON = 1e-5


def conv_forward(x, w, b, stride, pad):
    """Images (N, C, H, W), filters (F, C, kh, kw)."""
    n, _, height, width = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    oh, ow = (height + 2 * pad - kh) // stride + 1, (width + 2 * pad - kw) // stride + 1
    out = np.zeros((n, f, oh, ow), x.dtype)
    for i in range(oh):
        for j in range(ow):
            window = xp[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, :, i, j] = np.tensordot(window, w, ([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, stride, pad)


def conv_backward(dout, cache):
    x, w, b, stride, pad = cache
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for k in range(n):
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                hs, ws = i * stride, j * stride
                for l in range(f):
                    window = xp[k, :, hs : hs + kh, ws : ws + kw]
                    dw[l] += dout[k, l, i, j] * window
                    dxp[k, :, hs : hs + kh, ws : ws + kw] += dout[k, l, i, j] * w[l]
    dx = dxp[:, :, pad : pad + height, pad : pad + width]
    return dx, dw, db


def pool_forward(x, size, stride):
    """Images (N, H, W, C)."""
    n, height, width, c = x.shape
    oh, ow = (height - size) // stride + 1, (width - size) // stride + 1
    out = np.zeros((n, oh, ow, c))
    for i in range(oh):
        for j in range(ow):
            window = x[:, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, i, j] = window.max(axis=(1, 2))
    return out


def pool_backward(dout, x, size, stride):
    dx = np.zeros_like(x)
    n, oh, ow, c = dout.shape
    for k in range(n):
        for i in range(oh):
            for j in range(ow):
                for l in range(c):
                    hs, ws = i * stride, j * stride
                    window = x[k, hs : hs + size, ws : ws + size, l]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[k, hs + a, ws + b, l] += dout[k, i, j, l]
    return dx


def norm_forward(x, gamma, beta):
    """Batch normalization of (N, D)."""
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).mean(axis=0)
    x_hat = (x - mu) / np.sqrt(var + 1e-5)
    return gamma * x_hat + beta, (x, gamma, mu, var, x_hat)


def norm_backward(dout, cache):
    x, gamma, mu, var, x_hat = cache
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    mean = dx_hat.mean(axis=0)
    along = x_hat * (dx_hat * x_hat).mean(axis=0)
    dx = (dx_hat - mean - along) / np.sqrt(var + 1e-5)
    return dx, dgamma, dbeta


class Mistake(NamedTuple):
    backward: object
    right: str
    wrong: str
    input: str
    kinds: str
    stride: int = 1
    pad: int = 1

    def __str__(self):
        return f"{self.backward.__name__}: {self.wrong}"

    def planted(self):
        """The backward with the line replaced."""
        source = textwrap.dedent(inspect.getsource(self.backward))
        assert source.count(self.right) == 1, self.right
        space = {"np": np}
        exec(source.replace(self.right, self.wrong), space)
        return space[self.backward.__name__]


C, P, B = conv_backward, pool_backward, norm_backward

MISTAKES = [
    Mistake(C, "* w[l]\n", "* w[l, :, ::-1, ::-1]\n", "x", "flip"),
    Mistake(C, "* w[l]\n", "* w[l].transpose(0, 2, 1)\n", "x", "transpose"),
    Mistake(C, "dw[l] +=", "dw[l] =", "w", "overwritten"),
    Mistake(C, "ws : ws + kw] += ", "ws : ws + kw] = ", "x", "overwritten"),
    Mistake(C, "hs, ws = i * stride, j * stride", "hs, ws = i, j", "x", "stride", 2),
    Mistake(C, "pad : pad + height, pad", "0:height, pad", "x", "shift"),
    Mistake(C, "axis=(0, 2, 3))", "axis=(2, 3))[0]", "b", "batch"),
    Mistake(C, "axis=(0, 2, 3))", "axis=(0, 2, 3)) / n", "b", "factor"),
    Mistake(C, "return dx, dw, db", "return dx, dw[:, :, ::-1, ::-1], db", "w", "flip"),
    Mistake(C, "dx = dxp[:, :, pad : pad + height, pad : pad + width]", "dx = dxp", "x", "padding"),
    Mistake(P, "ws + b, l] +=", "ws + b, l] =", "x", "overwritten"),
    Mistake(P, "hs + a, ws + b", "hs : hs + size, ws : ws + size", "x", "mask"),
    Mistake(
        P,
        "hs + a, ws + b, l] += dout[k, i, j, l]",
        "hs : hs + size, ws : ws + size, l] += dout[k, i, j, l] / size**2",
        "x",
        "mask",
    ),
    Mistake(P, "hs, ws = i * stride, j * stride", "hs, ws = i, j", "x", "wrong element stride", 2),
    Mistake(P, "hs + a, ws + b", "hs + b, ws + a", "x", "wrong element"),
    Mistake(P, "np.argmax", "np.argmin", "x", "sign"),
    Mistake(P, "+= dout[k, i, j, l]", "+= 1.0", "x", "cotangent ignored"),
    Mistake(B, "- mean - along", "- along", "x", "mean term"),
    Mistake(B, "- mean - along", "- mean", "x", "variance term"),
    Mistake(B, "(dx_hat - mean - along)", "dx_hat", "x", "mean and variance terms"),
    Mistake(B, "dx_hat = dout * gamma", "dx_hat = dout", "x", "missing factor"),
    Mistake(B, "/ np.sqrt(var + 1e-5)", "", "x", "missing factor"),
    Mistake(B, "(dout * x_hat).sum", "(dout * x).sum", "gamma", "wrong operand"),
    Mistake(B, "dbeta = dout.sum(axis=0)", "dbeta = dout.mean(axis=0)", "beta", "factor"),
]
