"""The error function and its inverse, without SciPy, from rational approximations.

Both are accurate to a few units in the last place in float64 and in float32 (float16 is computed in
float32), and `erf` takes complex numbers with a tiny imaginary part, as the complex step needs.
"""

from __future__ import annotations

import numpy as np

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation
# 23 (1969), pages 631-637. Coefficients from the highest power to the lowest.
ERF_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
ERFC_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
ERFC_LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip

# M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
# Statistics 37 (1988), pages 477-484, routine PPND16. Highest power first.
QUANTILE_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
QUANTILE_MIDDLE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
     4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
     2.05319162663775882187, 1.0),
)  # fmt: skip
QUANTILE_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
     5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def erf(x: np.ndarray) -> np.ndarray:
    """Error function, `2/√π · ∫₀ˣ exp(-t²) dt`."""
    x, dtype = _widen(x)
    sign = np.where(x.real < 0, -1, 1).astype(x.real.dtype)
    magnitude = sign * x
    small = magnitude.real <= 0.5
    centre = np.where(small, magnitude, 0)
    outside = 1 - _erfc_outside(np.where(small, 0.5, magnitude))
    inside = centre * _ratio(ERF_SMALL, centre * centre)
    return (sign * np.where(small, inside, outside)).astype(dtype)


def erfc(x: np.ndarray) -> np.ndarray:
    """Complementary error function, `1 - erf(x)`, also accurate where it is tiny."""
    x, dtype = _widen(x)
    outside = _erfc_outside(np.where(x.real <= 0.5, 0.5, x))
    return np.where(x.real <= 0.5, 1 - erf(x), outside).astype(dtype)


def erfinv(y: np.ndarray) -> np.ndarray:
    """Inverse of `erf`: the `x` with `erf(x) = y`. ±inf at ±1, NaN outside."""
    y, dtype = _widen(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        radius = np.sqrt(-np.log((1 - abs(y)) / 2))
        tail = np.where(
            radius <= 5, _ratio(QUANTILE_MIDDLE, radius - 1.6), _ratio(QUANTILE_TAIL, radius - 5)
        )
        tail = np.where(np.isinf(radius), np.inf, tail)
        centre = abs(y) / 2 * _ratio(QUANTILE_CENTRE, 0.180625 - y * y / 4)
    quantile = np.copysign(np.where(abs(y) <= 0.85, centre, tail), y)
    return (quantile * 0.5**0.5).astype(dtype)


def _erfc_outside(x: np.ndarray) -> np.ndarray:
    """`erfc(x)` for `x ≥ 1/2`."""
    middle = _ratio(ERFC_MIDDLE, np.where(x.real <= 4, x, 4))
    far = np.where(x.real <= 4, 4, np.where(x.real < 30, x, 30))
    inverse_square = 1 / (far * far)
    large = (np.pi**-0.5 - inverse_square * _ratio(ERFC_LARGE, inverse_square)) / far
    # exp(-x²) would magnify the rounding error of x². So x is split into a part with few digits,
    # whose square is exact, and the rest.
    coarse = np.trunc(np.minimum(x.real, 30) * 16) / 16
    gaussian = np.exp(-coarse * coarse) * np.exp(-(x - coarse) * (x + coarse))
    return gaussian * np.where(x.real <= 4, middle, large)


def _ratio(coefficients: tuple[tuple[float, ...], ...], x: np.ndarray) -> np.ndarray:
    """A polynomial in `x` over another, by Horner's rule."""
    numerator, denominator = (np.zeros_like(x), np.zeros_like(x))
    for high in coefficients[0]:
        numerator = numerator * x + high
    for high in coefficients[1]:
        denominator = denominator * x + high
    return numerator / denominator


def _widen(x: np.ndarray) -> tuple[np.ndarray, np.dtype]:
    """`x` in at least single precision, and the type of the result."""
    x = np.asarray(x)
    dtype = x.dtype if x.dtype.kind in "fc" else np.result_type(x, 1.0)
    return x.astype(np.result_type(dtype, np.float32), copy=False), dtype
