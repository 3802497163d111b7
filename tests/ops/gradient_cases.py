"""One line for each operation with a derivative: what it is called with when it is checked.

The draws keep away from kinks by construction: all values differ, by at least a tenth, and none is
within a twentieth of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn import ops
from minicnn.ops.numpy import cotangent_products


class Case(NamedTuple):
    """An operation, draws of its inputs, and its settings."""

    name: str
    inputs: tuple
    settings: dict
    function: Callable | None = None

    def check_with(self, check: Callable, **options: Any) -> None:
        """Calls `check(function, *inputs, **settings)` with fresh inputs."""
        random = np.random.default_rng(len(self.name))
        drawn = [_drawn(x, random) for x in self.inputs]
        check(self.function or _named(self.name), *drawn, **self.settings, **options)


def _drawn(x: Any, random: np.random.Generator) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(_drawn(item, random) for item in x)
    return x(random) if callable(x) else x


def _named(name: str) -> Callable:
    function: Any = ops
    for part in name.split("."):
        function = getattr(function, part)
    return function


def apart(*shape: int) -> Callable:
    """Values of both signs, 0.1 or more from each other and 0.05 from zero."""

    def draw(random):
        count = int(np.prod(shape))
        return (0.1 * (random.permutation(count) - count // 2) + 0.05).reshape(shape)

    return draw


def within(low: float, high: float, *shape: int) -> Callable:
    """Different values from an interval."""

    def draw(random):
        count = int(np.prod(shape))
        return (low + (high - low) * (random.permutation(count) + 0.5) / count).reshape(shape)

    return draw


def positive(*shape: int) -> Callable:
    """Values well above zero."""
    return within(0.4, 2.4, *shape)


def matrix(*shape: int) -> Callable:
    """Well conditioned matrices that are not symmetric."""

    def draw(random):
        return random.standard_normal(shape) + 3 * np.eye(shape[-2], shape[-1])

    return draw


def case(name: str, *inputs: Any, function: Callable | None = None, **settings: Any) -> Case:
    """A line of the table."""
    return Case(name, inputs, settings, function)


def _symmetric(function: Callable) -> Callable:
    return lambda x, **settings: function(
        ops.matmul(x, ops.swapaxes(x, -1, -2)) + ops.eye(x.shape[-1], dtype=x.dtype), **settings
    )


def _absolute_vectors(function: Callable) -> Callable:
    """Vectors have no sign of their own: what does not depend on it is differentiated."""
    return lambda x, **settings: [ops.square(y) for y in function(x, **settings)]


INDICES = np.array([[2, 0, 2], [1, -1, 0]])
NAN = np.array([[0.3, np.nan, 1.2], [np.nan, -0.5, 0.7]])

ARITHMETIC = [
    case("add", apart(2, 3), apart(3)),
    case("subtract", apart(2, 1), apart(2, 3)),
    case("multiply", apart(2, 3), apart(3, 2, 1)),
    case("multiply", apart(2, 3), 0.1),
    case("divide", apart(2, 3), positive(3)),
    case("multiply", apart(2, 3), apart(3), function=cotangent_products.scaled),
    case("multiply", apart(2, 3), apart(3), function=cotangent_products.product),
    case("divide", apart(2, 3), positive(3), function=cotangent_products.divided),
    case("true_divide", apart(2, 1), positive(2, 3)),
    case("divide_no_nan", apart(2, 3), positive(3)),
    case("mod", within(2.1, 2.9, 4), within(0.81, 0.99, 4)),
    case("fmod", within(-2.9, -2.1, 4), within(0.81, 0.99, 4)),
    case("power", positive(2, 3), apart(3)),
    case("power", apart(2, 3), np.array([2, 0, 3])),
    case("power", apart(2, 3), 3),
    case("negative", apart(3)),
    case("absolute", apart(5)),
    case("abs", apart(5)),
    case("fabs", apart(5)),
    case("square", apart(5)),
    case("sqrt", positive(5)),
    case("cbrt", apart(6)),
    case("reciprocal", positive(5)),
    case("maximum", apart(2, 3), within(-0.2, 0.2, 3)),
    case("minimum", apart(2, 3), within(-0.2, 0.2, 3)),
    case("fmax", apart(2, 3), within(-0.2, 0.2, 3)),
    case("fmin", apart(2, 3), within(-0.2, 0.2, 3)),
    case("clip", apart(8), x_min=-0.22, x_max=0.17),
    case("clip", apart(8), function=lambda x: ops.clip(x, ops.convert_to_tensor(-0.22), 0.17)),
    case("hypot", apart(2, 3), positive(3)),
    case("heaviside", np.array([0, 1, -1, 0]), apart(4)),
    case("nan_to_num", apart(4)),
    case("real", apart(4)),
    case("polar", apart(2, 1), apart(3), function=lambda r, a: ops.view_as_real(ops.polar(r, a))),
    case("conj", apart(4)),
    case("conjugate", apart(4)),
    case("copy", apart(4)),
    case("nextafter", apart(4), positive(4)),
    case("array", apart(4)),
]

ELEMENTARY = [
    *(
        case(name, apart(2, 4))
        for name in (
            "exp exp2 expm1 sin cos sinh cosh tanh arcsinh arctan sinc deg2rad rad2deg i0"
        ).split()
    ),
    *(case(name, positive(5)) for name in "log log10 log1p log2 rsqrt".split()),
    *(case(name, within(-0.8, 0.8, 5)) for name in "arcsin arccos arctanh tan erfinv".split()),
    *(case(name, apart(6)) for name in "erf erfc".split()),
    case("arccosh", within(1.3, 3, 5)),
    case("arctan2", apart(2, 3), apart(3)),
    case("logaddexp", apart(2, 3), apart(3)),
    case("logaddexp2", apart(2, 3), apart(3)),
    case("ldexp", apart(4), np.array([1, -2, 0, 3])),
]

REDUCTIONS = [
    *(
        case(name, apart(2, 3, 2), **settings)
        for name in "sum mean var std max min amax amin ptp logsumexp".split()
        for settings in ({}, {"axis": -2}, {"axis": (0, 2), "keepdims": True})
    ),
    case("prod", positive(2, 2, 2)),
    case("prod", positive(2, 3, 2), axis=(0, -1)),
    case("prod", np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]]), axis=1),
    case("max", np.array([[1.0, -2.0], [0.5, 0.3]]), axis=1, initial=0.4),
    case("average", apart(2, 3), 1, positive(3)),
    case("average", apart(2, 3), None, positive(2, 3)),
    case("median", apart(3, 4), axis=1),
    case("quantile", apart(3, 4), [0.2, 0.5], axis=0, method="linear"),
    case("quantile", apart(3, 4), 0.3, method="midpoint"),
    case("percentile", apart(3, 4), 30.0, axis=0, keepdims=True),
    *(
        case(name, NAN, axis=1)
        for name in "nansum nanprod nanmean nanvar nanstd nanmax nanmin nanmedian".split()
    ),
    case("nanquantile", NAN, 0.3),
    case("nanpercentile", NAN, [30.0, 70.0], axis=1),
    case("cumsum", apart(2, 3), axis=1),
    case("cumsum", apart(2, 3)),
    case("cumprod", apart(2, 3), axis=0),
    case("cumprod", np.array([0.5, 0.0, 2.0, 0.0, -1.5])),
    case("nancumsum", NAN, axis=1),
    case("nancumprod", NAN, axis=1),
    case("diff", apart(2, 5), n=2),
    case("diff", apart(4, 2), axis=0),
    case("trapezoid", apart(3, 4), within(0, 2, 4)),
    case("trapezoid", apart(3, 4), dx=0.5, axis=0),
    case("segment_sum", apart(5, 2), np.array([0, 2, 0, -1, 2])),
    case("segment_max", apart(5, 2), np.array([0, 2, 0, 1, 2])),
    case("segment_min", apart(5, 2), np.array([0, 2, 0, 1, 2]), num_segments=3),
    case("segment_prod", apart(5, 2), np.array([0, 2, 0, 1, 2])),
]

SHAPING = [
    case("reshape", apart(2, 3), (3, -1)),
    case("ravel", apart(2, 3)),
    case("transpose", apart(2, 3, 2)),
    case("transpose", apart(2, 3, 2), (1, -1, 0)),
    case("moveaxis", apart(2, 3, 2), (0, 1), (-1, 0)),
    case("swapaxes", apart(2, 3), 0, -1),
    case("squeeze", apart(2, 1, 3, 1)),
    case("squeeze", apart(2, 1, 3, 1), axis=-1),
    case("expand_dims", apart(2, 3), (0, -1)),
    case("broadcast_to", apart(2, 1), (3, 2, 4)),
    case("flip", apart(2, 3)),
    case("flip", apart(2, 3), axis=-1),
    case("fliplr", apart(2, 3)),
    case("flipud", apart(2, 3)),
    *(case("rot90", apart(2, 3, 2), k=k, axes=(1, 2)) for k in range(4)),
    case("roll", apart(2, 3), 1),
    case("roll", apart(2, 3), (1, -2), axis=(0, 1)),
    case("concatenate", [apart(2, 3), apart(2, 1)], axis=-1),
    case("stack", [apart(2, 3), apart(2, 3)], axis=1),
    case("hstack", [apart(2, 3), apart(2, 1)]),
    case("vstack", [apart(2, 3), apart(1, 3)]),
    case("dstack", [apart(2, 3), apart(2, 3)]),
    case("append", apart(2, 3), apart(2)),
    case("append", apart(2, 3), apart(2, 2), axis=1),
    case("split", apart(2, 6), 3, axis=1),
    case("split", apart(5, 2), [1, 3]),
    case("array_split", apart(5, 2), 3),
    case("hsplit", apart(2, 4), 2),
    case("vsplit", apart(4, 2), 2),
    case("dsplit", apart(1, 2, 4), 2),
    case("unstack", apart(2, 3), axis=1),
    case("tile", apart(2, 3), (2, 1, 2)),
    case("tile", apart(2, 3), (2,)),
    case("repeat", apart(2, 3), 2),
    case("repeat", apart(2, 3), [1, 0, 2], axis=1),
    case("meshgrid", apart(2), apart(3), apart(4)),
    case("meshgrid", apart(2), apart(3), indexing="ij"),
    case("pad", apart(2, 3), ((1, 0), (0, 2)), constant_values=3.0),
    *(
        case("pad", apart(3, 3), ((1, 0), (2, 2)), mode=mode)
        for mode in ("reflect", "symmetric", "edge", "wrap")
    ),
    case("diag", apart(3), k=1),
    case("diag", apart(3, 4), k=-1),
    case("diagflat", apart(2, 2)),
    case("diagonal", apart(3, 2, 4), offset=1, axis1=2, axis2=0),
    case("trace", apart(3, 4, 2), offset=-1),
    case("tril", apart(2, 3, 4), k=1),
    case("triu", apart(2, 3, 4), k=1),
    case("vander", apart(3), N=4),
    case("full", apart(3), function=lambda x: ops.full((2, 3), x, "float64")),
    case("full_like", np.zeros((2, 3), "int32"), apart(3), dtype="float64"),
    case("linspace", apart(2, 1), apart(3), num=5, axis=1),
    case("linspace", apart(2), apart(2), num=4, endpoint=False, retstep=True),
    case("logspace", apart(2), apart(2), num=3, base=2),
    case("geomspace", positive(2), positive(2), num=3),
    case("extract_sequences", apart(2, 7), 3, 2),
    case("cast", apart(3), "float64"),
]

INDEXING = [
    case("get_item", apart(3, 4), (slice(None, None, -2), 1)),
    case("get_item", apart(3, 4), (..., None, slice(1, 3))),
    case("get_item", apart(3, 4), np.array([0, 2, 0])),
    case("get_item", apart(3, 4), (np.array([0, 2, 0]), slice(None))),
    case("get_item", apart(2, 3), np.array([[True, False, True], [False, False, True]])),
    case("take", apart(3, 4), INDICES),
    case("take", apart(3, 4), INDICES, axis=0),
    case("take", apart(2, 3, 2), INDICES, axis=-2),
    case("take_along_axis", apart(2, 3), INDICES, axis=1),
    case("take_along_axis", apart(3, 1), INDICES, axis=0),
    case("take_along_axis", apart(2, 3), np.array([0, 5, 0])),
    case("where", np.array([[True], [False]]), apart(2, 3), apart(3)),
    case(
        "select",
        [np.array([True, False, False]), np.array([True, True, False])],
        [apart(3), apart(3)],
        0.5,
    ),
    case("sort", apart(3, 4), axis=0),
    case("sort", apart(3, 4), axis=None),
    case("top_k", apart(3, 4), 2),
    case("slice", apart(4, 5), np.array([1, 2]), (2, -1)),
    case("slice_update", apart(4, 5), np.array([1, 2]), apart(2, 3)),
    case("scatter", np.array([[0, 1], [2, 0], [0, 1]]), apart(3), (3, 2)),
    case("scatter", np.array([[0], [2], [0]]), apart(3, 2), (3, 2)),
    *(
        case(
            "scatter_update",
            apart(3, 3),
            np.array([[0, 1], [2, 0]]),
            within(-0.3, 0.2, 2),
            reduction=reduction,
        )
        for reduction in (None, "add", "mul", "max", "min")
    ),
    case("scatter_update", apart(3, 2), np.array([[2], [0]]), apart(2, 2)),
    case("saturate_cast", apart(3), "float64"),
]

PRODUCTS = [
    case("matmul", apart(2, 3), apart(3, 4)),
    case("matmul", apart(3), apart(3)),
    case("matmul", apart(3), apart(2, 3, 4)),
    case("matmul", apart(2, 2, 3), apart(3)),
    case("matmul", apart(2, 2, 3), apart(3, 4)),
    case("matmul", apart(2, 1, 2, 3), apart(3, 3, 2)),
    case("dot", apart(2, 3), apart(2, 3, 2)),
    case("dot", apart(2, 3), apart(3)),
    case("vdot", apart(2, 3), apart(2, 3)),
    case("inner", apart(2, 3), apart(4, 3)),
    case("outer", apart(2, 3), apart(2)),
    case("tensordot", apart(2, 3, 4), apart(4, 3, 2), axes=([2, 1], [0, 1])),
    case("tensordot", apart(4, 3, 2), apart(2, 3, 3, 4), axes=([0, 1], [3, 2])),
    case("tensordot", apart(2, 3), apart(3, 2), axes=1),
    case("tensordot", apart(2), apart(3), axes=0),
    case("kron", apart(2, 3), apart(2)),
    case("kron", apart(2), apart(3, 2)),
    case("cross", apart(2, 3), apart(3)),
    case("cross", apart(2, 2), apart(2, 2)),
    case("cross", apart(3, 2), apart(2, 2), axisa=0, axisc=0),
    *(case("correlate", apart(5), apart(3), mode=mode) for mode in ("valid", "same", "full")),
    *(case("correlate", apart(2), apart(5), mode=mode) for mode in ("valid", "same", "full")),
    case("corrcoef", apart(3, 4)),
    case("cdist", apart(2, 3), within(1, 2, 4, 3)),
    *(
        case(
            "einsum",
            *inputs,
            function=lambda *xs, subscripts=subscripts: ops.einsum(subscripts, *xs),
        )
        for subscripts, *inputs in (
            ("ij,jk->ik", apart(2, 3), apart(3, 4)),
            ("ij,kj", apart(2, 3), apart(4, 3)),
            ("ii->i", apart(3, 3)),
            ("ii", apart(3, 3)),
            ("ijk->j", apart(2, 3, 2)),
            ("...ij,...jk->...ik", apart(2, 2, 3), apart(3, 2)),
            ("ij,jk,kl->il", apart(2, 3), apart(3, 2), apart(2, 2)),
            ("i,j->", apart(2), apart(3)),
            ("ij,iij->j", apart(2, 3), apart(2, 2, 3)),
        )
    ),
]

FOURIER = [
    case("fft", (apart(2, 5), apart(2, 5))),
    case("fft2", (apart(2, 3, 2), apart(2, 3, 2))),
    case("ifft2", (apart(3, 2), apart(3, 2))),
    case("rfft", apart(2, 5)),
    case("rfft", apart(6), fft_length=4),
    case("irfft", (apart(2, 4), apart(2, 4))),
    case("irfft", (apart(4), apart(4)), fft_length=7),
    case("stft", apart(12), sequence_length=4, sequence_stride=2, fft_length=6),
    case("istft", (apart(4, 4), apart(4, 4)), sequence_length=4, sequence_stride=2, fft_length=6),
]

LINALG = [
    case("inv", matrix(2, 3, 3)),
    case("det", matrix(2, 3, 3)),
    case("slogdet", matrix(3, 3)),
    case("logdet", matrix(3, 3), function=_symmetric(ops.logdet)),
    case("solve", matrix(2, 3, 3), apart(2, 3, 2)),
    case("solve", matrix(3, 3), apart(3)),
    case("solve_triangular", matrix(3, 3), apart(3, 2), lower=True),
    case("solve_triangular", matrix(3, 3), apart(3), lower=False),
    case("cholesky", matrix(2, 3, 3), function=_symmetric(ops.cholesky)),
    case("cholesky", matrix(3, 3), function=_symmetric(ops.cholesky), upper=True),
    case("cholesky_inverse", matrix(3, 3), function=lambda x: ops.cholesky_inverse(ops.tril(x))),
    case("qr", matrix(4, 3)),
    case("qr", matrix(2, 3, 3)),
    case("svd", matrix(4, 3), full_matrices=False, function=_absolute_vectors(ops.svd)),
    case("svd", matrix(3, 4), full_matrices=False, function=_absolute_vectors(ops.svd)),
    case("svd", matrix(3, 3), compute_uv=False),
    case("eigh", matrix(3, 3), function=_absolute_vectors(_symmetric(ops.eigh))),
    case("pinv", matrix(4, 3)),
    case("pinv", matrix(2, 3)),
    case("lstsq", matrix(4, 3), apart(4)),
    *(case("norm", apart(2, 3), ord=order) for order in (None, "fro", "nuc", 1, -1, 2, -2)),
    *(case("norm", apart(2, 3), ord=order, axis=(1, 0)) for order in (np.inf, -np.inf)),
    *(case("norm", apart(2, 3), ord=order, axis=1) for order in (None, 1, 3, np.inf, -np.inf)),
]

CASES = [
    *ARITHMETIC,
    *ELEMENTARY,
    *REDUCTIONS,
    *SHAPING,
    *INDEXING,
    *PRODUCTS,
    *FOURIER,
    *LINALG,
]
