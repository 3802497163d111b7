"""Products of arrays, correlation and Fourier transforms."""

from __future__ import annotations

import numpy as np


def dot(x1, x2):
    """The sum over the last axis of x1 and the second to last of x2 (the last of a vector)."""
    if np.ndim(x1) == 0 or np.ndim(x2) == 0:
        return x1 * x2
    x2 = np.moveaxis(x2, -2, 0) if np.ndim(x2) > 1 else x2
    return sum(np.multiply.outer(x1[..., k], x2[k]) for k in range(x1.shape[-1]))


def vdot(x1, x2):
    """The sum of the products of all elements."""
    return sum(np.conj(a) * b for a, b in zip(x1.ravel(), x2.ravel(), strict=True))


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product; a missing third component is zero."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(x1, axisa, 0), np.moveaxis(x2, axisb, 0)
    last = a[0] * b[1] - a[1] * b[0]
    if len(a) == len(b) == 2:
        return last
    (a0, a1, a2), (b0, b1, b2) = ([*v, 0 * v[0]][:3] for v in (a, b))
    return np.moveaxis(np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last]), 0, axisc)


def correlate(x1, x2, mode="valid"):
    """c[k] = Σ x1[n + k] · x2[n], for all k where the signals overlap (fully, if "valid")."""
    n, m = len(x1), len(x2)
    full = [
        sum((x1[i + k] * x2[i] for i in range(m) if 0 <= i + k < n), 0 * x1[0])
        for k in range(1 - m, n)
    ]
    short, long = min(n, m), max(n, m)
    first, length = {
        "full": (0, n + m - 1),
        "valid": (short - 1, long - short + 1),
        "same": ((m - 1) // 2 if n >= m else n // 2, long),
    }[mode]
    return np.stack(full[first : first + length])


def rfft(x, fft_length=None):
    """The real and imaginary parts of X[k] = Σ x[n] · exp(−2πi·kn/N), up to k = N/2."""
    length = x.shape[-1] if fft_length is None else fft_length
    used = min(length, x.shape[-1])
    angles = [[2 * np.pi * k * n / length for n in range(used)] for k in range(length // 2 + 1)]
    waves = np.exp(-1j * np.array(angles))
    transformed = (x[..., None, :used] * waves).sum(-1)
    return transformed.real.astype(x.dtype), transformed.imag.astype(x.dtype)


DEFINITIONS = {"correlate": correlate, "cross": cross, "dot": dot, "rfft": rfft, "vdot": vdot}
