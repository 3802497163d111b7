"""Cases of operations that rearrange, select and insert elements."""

from __future__ import annotations

from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, index, truth, within

INDICES = index([[2, 0, 2], [1, -1, 0]])

NO_MODE = "TensorFlow has no such mode"
INDEXING_TENSORS = "TensorFlow does not index by tensors"
NO_GRADIENT = "TensorFlow has no gradient of XlaDynamicUpdateSlice"
TRANSPOSES = "Keras on TensorFlow transposes"

SHAPING = [
    op("reshape", apart(2, 3), (3, -1)),
    op("ravel", apart(2, 3)),
    op("transpose", apart(2, 3, 2)),
    op("transpose", apart(2, 3, 2), (1, -1, 0)),
    op("moveaxis", apart(2, 3, 2), (0, 1), (-1, 0)),
    op("swapaxes", apart(2, 3), 0, -1),
    op("squeeze", apart(2, 1, 3, 1)),
    op("squeeze", apart(2, 1, 3, 1), axis=-1),
    op("expand_dims", apart(2, 3), (0, -1)),
    op("broadcast_to", apart(2, 1), (3, 2, 4)),
    op("flip", apart(2, 3)),
    op("flip", apart(2, 3), axis=-1),
    op("fliplr", apart(2, 3)),
    op("flipud", apart(2, 3)),
    *(op("rot90", apart(2, 3, 2), k=k, axes=(1, 2)) for k in (0, 1, 3)),
    without_keras(op("rot90", apart(2, 3, 2), k=2, axes=(1, 2)), TRANSPOSES, TENSORFLOW),
    op("roll", apart(2, 3), 1),
    op("roll", apart(2, 3), (1, -2), axis=(0, 1)),
    op("concatenate", [apart(2, 3), apart(2, 1)], axis=-1),
    op("stack", [apart(2, 3), apart(2, 3)], axis=1),
    op("hstack", [apart(2, 3), apart(2, 1)]),
    op("vstack", [apart(2, 3), apart(1, 3)]),
    op("dstack", [apart(2, 3), apart(2, 3)]),
    op("append", apart(2, 3), apart(2)),
    op("append", apart(2, 3), apart(2, 2), axis=1),
    op("split", apart(2, 6), 3, axis=1),
    op("split", apart(5, 2), [1, 3]),
    op("array_split", apart(5, 2), 3),
    op("hsplit", apart(2, 4), 2),
    op("vsplit", apart(4, 2), 2),
    op("dsplit", apart(1, 2, 4), 2),
    op("unstack", apart(2, 3), axis=1),
    op("tile", apart(2, 3), (2, 1, 2)),
    op("tile", apart(2, 3), (2,)),
    op("repeat", apart(2, 3), 2),
    op("repeat", apart(2, 3), [1, 0, 2], axis=1),
    op("meshgrid", apart(2), apart(3), apart(4)),
    op("meshgrid", apart(2), apart(3), indexing="ij"),
    op("pad", apart(2, 3), ((1, 0), (0, 2)), constant_values=3.0),
    *(op("pad", apart(3, 3), ((1, 0), (2, 2)), mode=mode) for mode in ("reflect", "symmetric")),
    *(
        without_keras(op("pad", apart(3, 3), ((1, 0), (2, 2)), mode=mode), NO_MODE, TENSORFLOW)
        for mode in ("edge", "wrap")
    ),
    op("diag", apart(3), k=1),
    op("diag", apart(3, 4), k=-1),
    op("diagflat", apart(2, 2)),
    op("diagonal", apart(3, 2, 4), offset=1, axis1=2, axis2=0),
    op("trace", apart(3, 4, 2), offset=-1),
    op("tril", apart(2, 3, 4), k=1),
    op("triu", apart(2, 3, 4), k=1),
    op("vander", apart(3), N=4),
    op("full_like", index([[0, 0, 0], [0, 0, 0]]), apart(3), dtype="float64"),
    op("linspace", apart(2, 1), apart(3), num=5, axis=1),
    op("linspace", apart(2), apart(2), num=4, endpoint=False, retstep=True),
    op("logspace", apart(2), apart(2), num=3, base=2),
    op("geomspace", within(0.4, 2.4, 2), within(0.4, 2.4, 2), num=3),
    op("extract_sequences", apart(2, 7), 3, 2),
    op("cast", apart(3), "float64"),
]

INDEXING = [
    op("get_item", apart(3, 4), (slice(None, None, -2), 1)),
    op("get_item", apart(3, 4), (..., None, slice(1, 3))),
    without_keras(op("get_item", apart(3, 4), index([0, 2, 0])), INDEXING_TENSORS, TENSORFLOW),
    without_keras(
        op("get_item", apart(3, 4), (index([0, 2, 0]), slice(None))), INDEXING_TENSORS, TENSORFLOW
    ),
    op("get_item", apart(2, 3), truth([[True, False, True], [False, False, True]])),
    op("take", apart(3, 4), INDICES),
    op("take", apart(3, 4), INDICES, axis=0),
    op("take", apart(2, 3, 2), INDICES, axis=-2),
    op("take_along_axis", apart(2, 3), INDICES, axis=1),
    op("take_along_axis", apart(3, 1), INDICES, axis=0),
    op("take_along_axis", apart(2, 3), index([0, 5, 0])),
    op("where", truth([[True], [False]]), apart(2, 3), apart(3)),
    op(
        "select",
        [truth([True, False, False]), truth([True, True, False])],
        [apart(3), apart(3)],
        0.5,
    ),
    op("sort", apart(3, 4), axis=0),
    op("sort", apart(2, 6)),
    op("sort", apart(3, 4), axis=None),
    op("top_k", apart(3, 4), 2),
    op("slice", apart(4, 5), index([1, 2]), (2, -1)),
    without_keras(
        op("slice_update", apart(4, 5), index([1, 2]), apart(2, 3)), NO_GRADIENT, TENSORFLOW
    ),
    op("scatter", index([[0, 1], [2, 0], [0, 1]]), apart(3), (3, 2)),
    op("scatter", index([[0], [2], [0]]), apart(3, 2), (3, 2)),
    *(
        op(
            "scatter_update",
            apart(3, 3),
            index([[0, 1], [2, 0]]),
            within(-0.3, 0.2, 2),
            reduction=reduction,
        )
        for reduction in (None, "add", "mul", "max", "min")
    ),
    op("scatter_update", apart(3, 2), index([[2], [0]]), apart(2, 2)),
    op("saturate_cast", apart(3), "float64"),
]

CASES = [*SHAPING, *INDEXING]
