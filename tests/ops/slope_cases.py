"""Slopes of elementary functions, as formulas that lose no digits in float64.

Each line: a function, the interval of its inputs, and its slope (one for each input).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn import activations, losses, ops

EVERYWHERE = (-math.inf, math.inf)
POSITIVE = (0.0, math.inf)
LOG_2, LOG_10 = math.log(2), math.log(10)


class SlopeCase(NamedTuple):
    """A function of one or two tensors, where it may be asked, and its slopes."""

    name: str
    function: Callable
    domain: tuple[float, float]
    slopes: tuple[Callable, ...]

    def __str__(self) -> str:
        return self.name


def _line(name: str, domain: tuple, *slopes: Callable, function: Any = None) -> SlopeCase:
    return SlopeCase(name, function or getattr(ops, name), domain, slopes)


def _sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def _density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _distribution(x):
    return np.array([math.erfc(-v / math.sqrt(2)) / 2 for v in x])


def _gelu_slope(x):
    return _distribution(x) + x * _density(x)


def _rough_gelu_slope(x):
    x = np.clip(x, -100, 100)
    c = 2 * math.sqrt(2 / math.pi)
    u = c * (x + 0.044715 * x**3)
    return _sigmoid(u) * (1 + x * _sigmoid(-u) * c * (1 + 3 * 0.044715 * x * x))


def _sinc_slope(x):
    t = math.pi * x
    series = sum(
        (-1) ** k * 2 * k / math.factorial(2 * k + 1) * t ** (2 * k - 1) for k in range(1, 12)
    )
    with np.errstate(all="ignore"):
        return math.pi * np.where(np.abs(t) < 2, series, (np.cos(t) - np.sin(t) / t) / t)


def _below_zero(x):
    return np.exp(np.minimum(x, 0))


def _squareplus_slope(x):
    root = np.hypot(x, 2)
    return np.where(x > 0, (1 + x / root) / 2, 2 / root / (root - np.minimum(x, 0)))


def _mish_slope(x):
    y = np.logaddexp(0, x)
    return np.tanh(y) + x / np.cosh(np.minimum(y, 700)) ** 2 * _sigmoid(x)


def _silu_slope(x):
    return _sigmoid(x) * (1 + x * _sigmoid(-x))


def _selu_slope(x):
    return 1.0507009873554805 * np.where(x > 0, 1, 1.6732632423543772 * _below_zero(x))


def _share(a, b, p):
    """`(|a| / ‖(a, b)‖)ᵖ⁻¹`."""
    scale = np.maximum(np.abs(a), np.abs(b))
    a, b = np.abs(a) / scale, np.abs(b) / scale
    return (a / (a**p + b**p) ** (1 / p)) ** (p - 1)


def _log_cosh(x):
    return losses.log_cosh(ops.zeros_like(x)[:, None], x[:, None])


ONE = [
    _line("exp", EVERYWHERE, np.exp),
    _line("exp2", EVERYWHERE, lambda x: np.exp2(x) * LOG_2),
    _line("expm1", EVERYWHERE, np.exp),
    _line("log", POSITIVE, lambda x: 1 / x),
    _line("log2", POSITIVE, lambda x: 1 / x / LOG_2),
    _line("log10", POSITIVE, lambda x: 1 / x / LOG_10),
    _line("log1p", (-1, math.inf), lambda x: 1 / (1 + x)),
    _line("sqrt", POSITIVE, lambda x: 0.5 / np.sqrt(x)),
    _line("rsqrt", POSITIVE, lambda x: -0.5 / x / np.sqrt(x)),
    _line("cbrt", EVERYWHERE, lambda x: 1 / np.cbrt(x) ** 2 / 3),
    _line("reciprocal", EVERYWHERE, lambda x: -1 / x / x),
    _line("square", EVERYWHERE, lambda x: 2 * x),
    _line("abs", EVERYWHERE, np.sign),
    _line("sin", (-100, 100), np.cos),
    _line("cos", (-100, 100), lambda x: -np.sin(x)),
    _line("tan", (-100, 100), lambda x: 1 / np.cos(x) ** 2),
    _line("arcsin", (-1, 1), lambda x: 1 / np.sqrt((1 - x) * (1 + x))),
    _line("arccos", (-1, 1), lambda x: -1 / np.sqrt((1 - x) * (1 + x))),
    _line("arctan", EVERYWHERE, lambda x: 1 / (1 + x * x)),
    _line("sinh", EVERYWHERE, np.cosh),
    _line("cosh", EVERYWHERE, np.sinh),
    _line("tanh", EVERYWHERE, lambda x: 1 / np.cosh(np.clip(x, -700, 700)) ** 2),
    _line("arcsinh", EVERYWHERE, lambda x: 1 / np.hypot(1, x)),
    _line("arccosh", (1, math.inf), lambda x: 1 / np.sqrt(x - 1) / np.sqrt(x + 1)),
    _line("arctanh", (-1, 1), lambda x: 1 / ((1 - x) * (1 + x))),
    _line("sinc", (-30, 30), _sinc_slope),
    _line("erf", EVERYWHERE, lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
    _line("erfc", EVERYWHERE, lambda x: -2 / math.sqrt(math.pi) * np.exp(-x * x)),
    _line("sigmoid", EVERYWHERE, lambda x: _sigmoid(x) * _sigmoid(-x)),
    _line("log_sigmoid", EVERYWHERE, lambda x: _sigmoid(-x)),
    _line("softplus", EVERYWHERE, _sigmoid),
    _line("softsign", EVERYWHERE, lambda x: (1 + np.abs(x)) ** -2.0),
    _line("squareplus", EVERYWHERE, _squareplus_slope),
    _line("silu", EVERYWHERE, _silu_slope),
    _line("mish", EVERYWHERE, _mish_slope, function=activations.mish),
    _line("elu", EVERYWHERE, _below_zero),
    _line("celu", EVERYWHERE, _below_zero),
    _line("selu", EVERYWHERE, _selu_slope),
    _line("gelu", EVERYWHERE, _rough_gelu_slope),
    _line("exact gelu", EVERYWHERE, _gelu_slope, function=lambda x: ops.gelu(x, False)),
    _line("tanh_shrink", EVERYWHERE, lambda x: np.tanh(x) ** 2),
    _line("power of 0.3", POSITIVE, lambda x: 0.3 * x**-0.7, function=lambda x: x**0.3),
    _line("power of -2", POSITIVE, lambda x: -2 * x**-3.0, function=lambda x: x**-2.0),
    *(
        _line(
            f"binary_crossentropy of {target}",
            EVERYWHERE,
            lambda x, t=target: (1 - t) * _sigmoid(x) - t * _sigmoid(-x),
            function=lambda x, t=target: ops.binary_crossentropy(0 * x + t, x, from_logits=True),
        )
        for target in (0, 1)
    ),
    _line("log_cosh", EVERYWHERE, np.tanh, function=_log_cosh),
]

TWO = [
    _line("logaddexp", EVERYWHERE, lambda a, b: _sigmoid(a - b), lambda a, b: _sigmoid(b - a)),
    _line(
        "logaddexp2",
        EVERYWHERE,
        lambda a, b: _sigmoid((a - b) * LOG_2),
        lambda a, b: _sigmoid((b - a) * LOG_2),
    ),
    _line(
        "logsumexp",
        EVERYWHERE,
        lambda a, b: _sigmoid(a - b),
        lambda a, b: _sigmoid(b - a),
        function=lambda a, b: ops.logsumexp(ops.stack([a, b]), axis=0),
    ),
    _line("multiply", EVERYWHERE, lambda a, b: b, lambda a, b: a),
    _line("divide", EVERYWHERE, lambda a, b: 1 / b, lambda a, b: -a / b / b),
    _line("hypot", EVERYWHERE, lambda a, b: a / np.hypot(a, b), lambda a, b: b / np.hypot(a, b)),
    _line(
        "arctan2",
        EVERYWHERE,
        lambda a, b: b / np.hypot(a, b) ** 2,
        lambda a, b: -a / np.hypot(a, b) ** 2,
    ),
    *(
        _line(
            f"norm of order {order}",
            EVERYWHERE,
            lambda a, b, p=order: np.sign(a) * _share(a, b, p),
            lambda a, b, p=order: np.sign(b) * _share(b, a, p),
            function=lambda a, b, p=order: ops.norm(ops.stack([a, b]), p, axis=0),
        )
        for order in (2, 3)
    ),
]
