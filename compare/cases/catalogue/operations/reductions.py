"""Cases of operations along axes."""

from __future__ import annotations

from compare.cases.catalogue.marks import TENSORFLOW, with_constant_part, without_keras
from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, index, literal, within

NAN = literal([[0.3, float("nan"), 1.2], [float("nan"), -0.5, 0.7]])

ZEROS = "TensorFlow's gradient divides by the zeros"
TIE = "elements that are equally large share the gradient"

REDUCTIONS = [
    *(
        op(name, apart(2, 3, 2), **settings)
        for name in "sum mean var std max min amax amin ptp logsumexp".split()
        for settings in ({}, {"axis": -2}, {"axis": (0, 2), "keepdims": True})
    ),
    op("prod", within(0.4, 2.4, 2, 2, 2)),
    op("prod", within(0.4, 2.4, 2, 3, 2), axis=(0, -1)),
    op("prod", literal([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]]), axis=1),
    with_constant_part(op("max", literal([[2.0, 1.0, 2.0], [3.0, 3.0, 3.0]]), axis=1), TIE),
    op("max", literal([[1.0, -2.0], [0.5, 0.3]]), axis=1, initial=0.4),
    op("average", apart(2, 3), 1, within(0.4, 2.4, 3)),
    op("average", apart(2, 3), None, within(0.4, 2.4, 2, 3)),
    op("median", apart(3, 4), axis=1),
    op("quantile", apart(3, 4), [0.2, 0.5], axis=0, method="linear"),
    op("quantile", apart(3, 4), 0.3, method="midpoint"),
    op("percentile", apart(3, 4), 30.0, axis=0, keepdims=True),
    *(
        op(name, NAN, axis=1)
        for name in "nansum nanprod nanmean nanvar nanstd nanmax nanmin nanmedian".split()
    ),
    op("nanquantile", NAN, 0.3),
    op("nanpercentile", NAN, [30.0, 70.0], axis=1),
    op("cumsum", apart(2, 3), axis=1),
    op("cumsum", apart(2, 3)),
    op("cumprod", apart(2, 3), axis=0),
    without_keras(
        op("cumprod", literal([0.5, 0.0, 2.0, 0.0, -1.5])), ZEROS, TENSORFLOW, "gradient"
    ),
    op("nancumsum", NAN, axis=1),
    op("nancumprod", NAN, axis=1),
    op("diff", apart(2, 5), n=2),
    op("diff", apart(4, 2), axis=0),
    op("trapezoid", apart(3, 4), within(0, 2, 4)),
    op("trapezoid", apart(3, 4), dx=0.5, axis=0),
    op("segment_sum", apart(5, 2), index([0, 2, 0, -1, 2])),
    op("segment_max", apart(5, 2), index([0, 2, 0, 1, 2])),
    op("segment_min", apart(5, 2), index([0, 2, 0, 1, 2]), num_segments=3),
    op("segment_prod", apart(5, 2), index([0, 2, 0, 1, 2])),
]

CASES = [*REDUCTIONS]
