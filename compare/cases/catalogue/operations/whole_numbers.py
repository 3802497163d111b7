"""Cases of operations whose results are whole numbers, booleans or constants."""

from __future__ import annotations

from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, flags, index, literal, ordered, whole, within

X = apart(3, 4)
ODD = literal([[1.5, float("nan"), -float("inf")], [float("inf"), -0.0, 2.5]])
BITS = (whole(0, 64, 5), whole(1, 6, 5))

CASES = [
    *(op(name, flags(2, 3), axis=axis) for name in ("all", "any") for axis in (None, 1)),
    *(op(name, X, axis=axis) for name in ("argmax", "argmin") for axis in (None, 0, -1)),
    op("argsort", X, axis=1),
    op("argsort", X, axis=None),
    op("nanargmax", X, axis=1),
    op("nanargmin", X, axis=0),
    op("count_nonzero", whole(0, 2, 3, 4), axis=1),
    op("allclose", X, X),
    op("isclose", X, within(-1.0, 1.0, 4)),
    *(op(name, ODD) for name in "isfinite isinf isnan isneginf isposinf isreal signbit".split()),
    *(op(name, apart(7)) for name in "ceil floor round trunc sign".split()),
    op("round", apart(7), decimals=1),
    *(
        op(name, whole(0, 3, 2, 4), whole(0, 3, 4))
        for name in "equal not_equal less less_equal greater greater_equal".split()
    ),
    op("floor_divide", apart(2, 3), within(0.4, 2.4, 3)),
    op("floor_divide", whole(-9, 9, 6), whole(1, 4, 6)),
    op("mod", whole(-9, 9, 6), whole(1, 4, 6)),
    *(op(f"logical_{name}", flags(2, 3), flags(3)) for name in ("and", "or", "xor")),
    op("logical_not", flags(4)),
    *(op(f"bitwise_{name}", *BITS) for name in "and or xor left_shift right_shift".split()),
    op("bitwise_not", BITS[0]),
    op("bitwise_invert", BITS[0]),
    op("left_shift", *BITS),
    op("right_shift", *BITS),
    op("gcd", *BITS),
    op("lcm", *BITS),
    op("bincount", whole(0, 5, 9), minlength=6),
    op("bincount", whole(0, 5, 9), within(0.1, 2.0, 9)._replace(fixed=True), minlength=6),
    op("digitize", apart(6), ordered(4)),
    op("searchsorted", ordered(6), apart(4)),
    op("searchsorted", ordered(6), apart(4), side="right"),
    op("histogram", apart(20)._replace(fixed=True), bins=5),
    op("isin", whole(0, 6, 5), index([1, 4])),
    op("nonzero", whole(0, 2, 3, 3)),
    op("unravel_index", index([3, 7]), (3, 4)),
    op("one_hot", whole(0, 4, 2, 3), 4),
    op("one_hot", whole(0, 4, 2, 3), 4, axis=1),
    op("multi_hot", whole(0, 4, 2, 3), 4),
    op("in_top_k", whole(0, 4, 3), X, k=2),
    op("arange", 2, 9, 3),
    op("eye", 3, 4, k=1),
    op("identity", 3),
    op("tri", 3, 4, k=-1),
    op("ones", (2, 3)),
    op("zeros", (2, 3)),
    op("full", (2, 3), 1.5),
    op("ones_like", X),
    op("zeros_like", X),
    op("ndim", X),
    op("shape", X),
    op("angle", apart(5)._replace(fixed=True)),
    op("imag", apart(5)),
    op("convert_to_tensor", X),
    op("convert_to_numpy", X._replace(fixed=True)),
    op("size", X),
    *(op(name, 7) for name in "bartlett blackman hamming hanning".split()),
    op("kaiser", 7, 4.0),
    op("matrix_rank", X),
]
