"""Activations made of exponentials (sigmoid, tanh, elu, gelu ...), eight numbers at a time.

NumPy computes such formulas in several passes over memory, with one exponential function call per
number. Here one compiled function reads eight float32 into a register, computes the result there
and writes it. It needs an exponential of eight numbers. With x = n · log 2 + r, where n is a whole
number and |r| ≤ (log 2) / 2,

    exp(x) = 2ⁿ exp(r),    exp(r) = 1 + r + r² (1/2! + r/3! + ... + r⁵/7!) + 5e-9 at most,

and 2ⁿ is made by writing n into the exponent bits of a float32. `n · log 2` is subtracted in two
parts; the first has so few digits that its product with n is exact. `2ⁿ (exp(r) − 1) + (2ⁿ − 1)` is
exp(x) − 1 without cancellation near 0. It gives elu and

    tanh x = t / (2 + t),    t = exp(2x) − 1.

softplus uses `log(1 + e) = 2 (s + s³/3 + s⁵/5 + ...)`, s = e / (2 + e) ≤ 1/3.

All results are within a few units in the last place of the exact ones. Other types than float32
are computed by the formulas of `backend/numpy`, piece by piece.

Source: Muller, "Elementary functions" (2006), sections 3.2 and 11.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.machine.piecewise import piecewise
from minicnn.backend.numba.machine.simd import (
    WIDTH,
    address_of,
    at_least,
    at_most,
    load,
    multiply_add,
    nearest,
    power_of_two,
    rectified,
    splat,
    store,
    where_beats,
    zero,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numpy import activations as definition

F = np.float32
PIECE = 2048  # least number of vectors in a piece of work
INVERSE_LOG_2 = F(1 / math.log(2))
LOG_2_FIRST = F(0.693359375)  # nine binary digits
LOG_2_REST = F(math.log(2) - 0.693359375)
SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH = (F(1 / math.factorial(k)) for k in range(2, 8))
ROOT_TWO_BY_PI, CUBE = F((8 / math.pi) ** 0.5), F(0.044715)
EXP, SIGMOID, SILU, TANH, ELU, SOFTPLUS, GELU, LOG_SIGMOID = range(8)


def _compiled_for(number: int, definition: Callable) -> Callable:
    """The activation with this number in `_apply` for float32; the definition for other types."""
    other = piecewise(definition)

    @wraps(definition)
    def activation(x: np.ndarray, *settings, **named_settings) -> np.ndarray:
        if settings or named_settings or not _is_float32(x):
            return other(x, *settings, **named_settings)
        return _launch(number, x)

    return activation


exp = _compiled_for(EXP, np.exp)
sigmoid = _compiled_for(SIGMOID, definition.sigmoid)
silu = _compiled_for(SILU, definition.silu)
tanh = _compiled_for(TANH, np.tanh)
softplus = _compiled_for(SOFTPLUS, definition.softplus)
log_sigmoid = _compiled_for(LOG_SIGMOID, definition.log_sigmoid)
_elu = piecewise(definition.elu)
_gelu = piecewise(definition.gelu)


def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """`x` where positive, else `alpha · (exp(x) - 1)`."""
    return _launch(ELU, x, alpha) if _is_float32(x) else _elu(x, alpha)


def selu(x: np.ndarray) -> np.ndarray:
    """Scaled ELU whose constants keep mean 0 and variance 1 from layer to layer."""
    return x.dtype.type(definition.SELU_SCALE) * elu(x, definition.SELU_ALPHA)


def gelu(x: np.ndarray, approximate: bool = True) -> np.ndarray:
    """Gaussian error linear unit; see `backend/numpy/activations.py`."""
    if not _is_float32(x):
        return _gelu(x, approximate)
    if approximate:
        return _launch(GELU, x)
    y = np.empty(x.shape, x.dtype)
    arrays = np.ascontiguousarray(x).reshape(-1), y.reshape(-1)
    share(_exact_gelu, cut(x.size, PIECE * WIDTH), *arrays)
    return y


def _is_float32(x: np.ndarray) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == np.float32


def _launch(number: int, x: np.ndarray, setting: float = 0.0) -> np.ndarray:
    source = np.ascontiguousarray(x).reshape(-1)
    if x.size < WIDTH:
        source = np.resize(source, WIDTH) if x.size else np.zeros(WIDTH, x.dtype)
    y = np.empty_like(source)
    share(_apply, cut(-(-source.size // WIDTH), PIECE), number, source, y, float(setting))
    return y[: x.size].reshape(x.shape)


@compiled
def _apply(work, number, x, y, setting):
    setting = splat(F(setting))
    for _, start, stop in pieces(work):
        for i in range(start, stop):
            # The last vector overlaps the one before it.
            place = 4 * min(WIDTH * i, len(x) - WIDTH)
            a = load(address_of(x) + place)
            if number == EXP:
                value = _exp(a)
            elif number == SIGMOID:
                value = vector_sigmoid(a)
            elif number == SILU:
                value = a * vector_sigmoid(a)
            elif number == TANH:
                value = vector_tanh(a)
            elif number == ELU:
                value = rectified(a) + setting * _exp_minus_one(at_most(a, zero()))
            elif number == SOFTPLUS:
                value = rectified(a) + _log_one_plus(_exp(_negative_magnitude(a)))
            elif number == LOG_SIGMOID:
                value = at_most(a, zero()) - _log_one_plus(_exp(_negative_magnitude(a)))
            else:  # (1 + tanh u) / 2 = sigmoid(2u)
                inner = multiply_add(splat(CUBE) * a * a, a, a)
                value = a * vector_sigmoid(splat(ROOT_TWO_BY_PI) * inner)
            store(address_of(y) + place, value)


@part
def _exp(x):
    x = at_most(at_least(x, splat(F(-104))), splat(F(89)))
    n, reduced = _reduced(x)
    # 2ⁿ may be too small or too large for a float32 where the result is not.
    half = nearest(n * splat(F(0.5)))
    return (splat(F(1)) + reduced) * power_of_two(half) * power_of_two(n - half)


@part
def _exp_minus_one(x):
    """`exp(x) - 1` for x ≤ 87."""
    n, reduced = _reduced(at_least(x, splat(F(-87))))
    scale = power_of_two(n)
    return multiply_add(scale, reduced, scale - splat(F(1)))


@part
def _reduced(x):
    """N and exp(r) − 1, where x = n · log 2 + r."""
    n = nearest(x * splat(INVERSE_LOG_2))
    r = multiply_add(n, splat(-LOG_2_FIRST), x)
    r = multiply_add(n, splat(-LOG_2_REST), r)
    # In pairs, so that fewer instructions wait for the result of the one before.
    square = r * r
    highest = multiply_add(splat(SEVENTH), r, splat(SIXTH))
    middle = multiply_add(splat(FIFTH), r, splat(FOURTH))
    lowest = multiply_add(splat(THIRD), r, splat(SECOND))
    rest = multiply_add(multiply_add(highest, square, middle), square, lowest)
    return n, multiply_add(rest, square, r)


@part
def vector_sigmoid(x):
    """`1 / (1 + exp(-x))` of eight numbers."""
    one = splat(F(1))
    e = _exp(_negative_magnitude(x))
    positive = one / (one + e)
    return where_beats(zero(), x, e * positive, positive)


@part
def vector_gate(x):
    """`1 / (1 + exp(-x))` in fewer instructions; 0 where it is below the normal float32."""
    one = splat(F(1))
    n, reduced = _reduced(at_most(at_least(zero() - x, splat(F(-87))), splat(F(89))))
    # For n = 128, at the upper limit, `power_of_two` is infinite.
    return one / multiply_add(one + reduced, power_of_two(n), one)


@part
def vector_tanh(x):
    """`tanh x` of eight numbers."""
    t = _exp_minus_one(at_most(x + x, splat(F(40))))
    return t / (splat(F(2)) + t)


@part
def _log_one_plus(e):
    """`log(1 + e)` for e from 0 to 1."""
    two = splat(F(2))
    s = e / (two + e)
    square = s * s
    series = splat(F(1 / 15))
    series = multiply_add(series, square, splat(F(1 / 13)))
    series = multiply_add(series, square, splat(F(1 / 11)))
    series = multiply_add(series, square, splat(F(1 / 9)))
    series = multiply_add(series, square, splat(F(1 / 7)))
    series = multiply_add(series, square, splat(F(1 / 5)))
    series = multiply_add(series, square, splat(F(1 / 3)))
    return two * multiply_add(series, square * s, s)


@part
def _negative_magnitude(x):
    return where_beats(x, zero(), zero() - x, x)


@compiled
def _exact_gelu(work, x, y):
    for _, start, stop in pieces(work):
        for i in range(start, stop):
            y[i] = x[i] * (F(0.5) * math.erfc(x[i] * F(-(0.5**0.5))))
