"""Cases of elementwise operations."""

from __future__ import annotations

from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, index, literal, within

ARITHMETIC = [
    op("add", apart(2, 3), apart(3)),
    op("subtract", apart(2, 1), apart(2, 3)),
    op("multiply", apart(2, 3), apart(3, 2, 1)),
    op("multiply", apart(2, 3), 0.1),
    op("divide", apart(2, 3), within(0.4, 2.4, 3)),
    op("true_divide", apart(2, 1), within(0.4, 2.4, 2, 3)),
    op("divide_no_nan", apart(2, 3), within(0.4, 2.4, 3)),
    op("mod", within(2.1, 2.9, 4), within(0.81, 0.99, 4)),
    op("fmod", within(-2.9, -2.1, 4), within(0.81, 0.99, 4)),
    op("power", within(0.4, 2.4, 2, 3), apart(3)),
    op("power", apart(2, 3), index([2, 0, 3])),
    op("power", apart(2, 3), 3),
    op("negative", apart(3)),
    op("absolute", apart(5)),
    op("abs", apart(5)),
    op("fabs", apart(5)),
    op("square", apart(5)),
    op("sqrt", within(0.4, 2.4, 5)),
    op("cbrt", apart(6)),
    op("reciprocal", within(0.4, 2.4, 5)),
    op("maximum", apart(2, 3), within(-0.2, 0.2, 3)),
    op("minimum", apart(2, 3), within(-0.2, 0.2, 3)),
    op("fmax", apart(2, 3), within(-0.2, 0.2, 3)),
    op("fmin", apart(2, 3), within(-0.2, 0.2, 3)),
    op("clip", apart(8), x_min=-0.22, x_max=0.17),
    op("hypot", apart(2, 3), within(0.4, 2.4, 3)),
    op("heaviside", index([0, 1, -1, 0]), apart(4)),
    op("nan_to_num", apart(4)),
    op("real", apart(4)),
    op("conj", apart(4)),
    op("conjugate", apart(4)),
    op("copy", apart(4)),
    op("array", apart(4)),
]

ELEMENTARY = [
    *(
        op(name, apart(2, 4))
        for name in (
            "exp exp2 expm1 sin cos sinh cosh tanh arcsinh arctan sinc deg2rad rad2deg i0"
        ).split()
    ),
    *(op(name, within(0.4, 2.4, 5)) for name in "log log10 log1p log2 rsqrt".split()),
    *(op(name, within(-0.8, 0.8, 5)) for name in "arcsin arccos arctanh tan erfinv".split()),
    *(op(name, apart(6)) for name in "erf erfc".split()),
    # Other ranges have other tables of coefficients.
    op("erfinv", literal([-0.99, -0.9, 0.86, 0.97])),
    op("erf", within(-3.9, 3.9, 7)),
    op("erfc", within(-3.9, 8.5, 7)),
    op("arccosh", within(1.3, 3, 5)),
    op("arctan2", apart(2, 3), apart(3)),
    op("logaddexp", apart(2, 3), apart(3)),
    op("logaddexp2", apart(2, 3), apart(3)),
    op("ldexp", apart(4), index([1, -2, 0, 3])),
]

CASES = [*ARITHMETIC, *ELEMENTARY]
