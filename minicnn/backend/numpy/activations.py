"""Activation functions, on arrays of any shape.

The formulas neither overflow nor lose digits by cancellation. They also take complex numbers, so
that the complex step gives exact derivatives: comparisons are made by the real part (as NumPy
orders complex numbers).
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numpy.special import erf

# Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks" (2017), eq. 2 and 14.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def magnitude(x: np.ndarray) -> np.ndarray:
    """`|x|`; of a complex number the one of `x`, `-x` whose real part is not negative."""
    return np.maximum(x, -x)


def relu(x: np.ndarray) -> np.ndarray:
    """Rectified linear unit, `max(x, 0)`. NaN stays NaN."""
    return np.maximum(x, 0)


def relu_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu(x)`: the cotangent where `y > 0`, zero elsewhere."""
    return np.where(y.real > 0, cotangent, 0)


def relu6(x: np.ndarray) -> np.ndarray:
    """`min(max(x, 0), 6)`."""
    return np.clip(x, 0, 6)


def relu6_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu6(x)`: the cotangent where `0 < y < 6`, else zero."""
    return np.where((y.real > 0) & (y.real < 6), cotangent, 0)


def leaky_relu(x: np.ndarray, negative_slope: float = 0.2) -> np.ndarray:
    """`x` where positive, else `negative_slope · x`."""
    return np.maximum(x, 0) + negative_slope * np.minimum(x, 0)


def threshold(x: np.ndarray, threshold: float, default_value: float) -> np.ndarray:
    """`x` where it exceeds `threshold`, else `default_value`."""
    return np.where(x.real > threshold, x, default_value)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """`1 / (1 + exp(-x))`, computed with exponentials of negative numbers only."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-magnitude(x)))


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """`log(sigmoid(x)) = -softplus(-x)`."""
    return -softplus(-x)


def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    """Piecewise linear sigmoid: `x / 6 + 1/2`, clipped to [0, 1]."""
    return np.clip(x / 6 + 0.5, 0, 1)


def sparse_sigmoid(x: np.ndarray) -> np.ndarray:
    """Piecewise linear sigmoid: `(x + 1) / 2`, clipped to [0, 1]."""
    return np.clip((x + 1) / 2, 0, 1)


def softplus(x: np.ndarray) -> np.ndarray:
    """`log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))`."""
    return relu(x) + np.log1p(np.exp(-magnitude(x)))


def softsign(x: np.ndarray) -> np.ndarray:
    """`x / (1 + |x|)`."""
    return x / (1 + magnitude(x))


def silu(x: np.ndarray) -> np.ndarray:
    """`x · sigmoid(x)`, also called swish."""
    return x * sigmoid(x)


def hard_silu(x: np.ndarray) -> np.ndarray:
    """`x · hard_sigmoid(x)`, also called hard swish."""
    return x * hard_sigmoid(x)


def gelu(x: np.ndarray, approximate: bool = True) -> np.ndarray:
    """Gaussian error linear unit, `x · Φ(x)` with Φ the standard normal distribution function.

    `approximate`: Φ(x) ≈ (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2.
    Source: Hendrycks, Gimpel, "Gaussian Error Linear Units" (2016), section 2.
    """
    if approximate:
        return x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x))) / 2
    return x * (1 + erf(x * 0.5**0.5)) / 2


def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """`x` where positive, else `alpha · (exp(x) - 1)`."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def celu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """`x` where positive, else `alpha · (exp(x / alpha) - 1)`."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def selu(x: np.ndarray) -> np.ndarray:
    """Scaled ELU; its constants keep mean 0 and variance 1 from layer to layer."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def glu(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Gated linear unit: the first half along `axis` times the sigmoid of the second half."""
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


def hard_tanh(x: np.ndarray) -> np.ndarray:
    """`x`, clipped to [-1, 1]."""
    return np.clip(x, -1, 1)


def tanh_shrink(x: np.ndarray) -> np.ndarray:
    """`x - tanh(x)`."""
    return x - np.tanh(x)


def hard_shrink(x: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """`x` where `|x| > threshold`, else 0."""
    return np.where(magnitude(x.real) <= threshold, 0, x)


def soft_shrink(x: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """`x` moved towards 0 by `threshold`; 0 where `|x| ≤ threshold`."""
    return relu(x - threshold) - relu(-x - threshold)


def sparse_plus(x: np.ndarray) -> np.ndarray:
    """0 below -1, `(x + 1)² / 4` between -1 and 1, `x` above."""
    return np.where(x.real >= 1, x, np.clip(x + 1, 0, 2) ** 2 / 4)


def squareplus(x: np.ndarray, b: float = 4) -> np.ndarray:
    """`(x + √(x² + b)) / 2`, a smooth ramp without exponentials.

    For negative x the sum would cancel, so there `b / (2 (√(x² + b) - x))` is computed.
    """
    size = magnitude(x)
    scale = np.maximum(size.real, max(b, 1) ** 0.5)  # the square of a large x would overflow
    root = scale * np.sqrt((x / scale) ** 2 + (b / scale) / scale)
    ramp = (size + root) / 2
    return np.where(x.real < 0, (b / 4) / ramp, ramp).astype(x.dtype, copy=False)
