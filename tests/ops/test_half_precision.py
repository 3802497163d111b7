"""Operations in float16 and bfloat16 against float64: long sums, and how often they round."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from minicnn import GradientTape, activations, losses, ops, tree
from minicnn.common.dtypes import numpy_dtype
from tests.ops.gradient_cases import CASES

ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8}


def _repeated(n):
    return np.arange(n) % 3


# Functions of a vector of n numbers from 0.5 to 1.5 whose gradients are about 1/n.
MEANS = {
    "mean": lambda x: ops.mean(x),
    "mean of columns": lambda x: ops.mean(ops.stack([x, 2 * x], axis=-1), axis=0),
    "var": lambda x: ops.var(x),
    "std": lambda x: ops.std(x),
    "std of large numbers": lambda x: ops.std(x * 2000),
    "average": lambda x: ops.average(x, weights=np.ones(x.shape, str(x.dtype))),
    "moments": lambda x: ops.stack(ops.moments(x, 0)),
    "norm": lambda x: ops.norm(x),
    "norm of order 3": lambda x: ops.norm(x, 3),
    "normalize": lambda x: ops.normalize(x),
    "nanmean": lambda x: ops.nanmean(x),
    "nanvar": lambda x: ops.nanvar(x),
    "nanstd": lambda x: ops.nanstd(x),
    "logsumexp": lambda x: ops.logsumexp(x),
    "cdist": lambda x: ops.cdist(x[None], -x[None]),
    "max of equal numbers": lambda x: ops.max(x - ops.stop_gradient(x)) + ops.mean(x),
    "average_pool": lambda x: ops.average_pool(x[None, :, None], 1001, 7),
    "mse": lambda x: losses.mean_squared_error(0 * x, x),
    "mae": lambda x: losses.mean_absolute_error(0 * x, x),
    "huber": lambda x: losses.huber(0 * x, x),
    "log_cosh": lambda x: losses.log_cosh(0 * x, x),
    "binary cross-entropy": lambda x: losses.binary_crossentropy(0 * x, x / 2),
    "hinge": lambda x: losses.hinge(ops.ones_like(x), x / 2),
    "poisson": lambda x: losses.poisson(ops.ones_like(x), x * 2),
    "dice": lambda x: losses.dice(ops.ones_like(x), x / 2),
    "tversky": lambda x: losses.tversky(ops.ones_like(x), x / 2),
    "loss of a batch": lambda x: losses.MeanSquaredError(dtype=str(x.dtype))(
        ops.zeros((x.size, 1)), x[:, None]
    ),
    "weighted mean": lambda x: losses.MeanAbsoluteError(
        "mean_with_sample_weight", dtype=str(x.dtype)
    )(ops.zeros((x.size, 1)), x[:, None], ops.ones((x.size,))),
}

# Functions that add up numbers, or whose derivatives do.
SUMS = {
    "sum": lambda x: ops.sum(x / 64),
    "norm of order 1": lambda x: ops.norm(x / 64, 1),
    "cumsum": lambda x: ops.cumsum(x / 256),
    "trapezoid": lambda x: ops.trapezoid(x / 256),
    "softmax": lambda x: ops.softmax(x) * 1024,
    "log_softmax": lambda x: ops.log_softmax(x)[:3],
    "dot": lambda x: ops.dot(x, x / 64),
    "vdot": lambda x: ops.vdot(x, x / 64),
    "inner": lambda x: ops.inner(x, x / 64),
    "tensordot": lambda x: ops.tensordot(x, x / 64, 1),
    "matmul": lambda x: ops.matmul(x[None], x[:, None] / 64),
    "einsum": lambda x: ops.einsum("i,i->", x, x / 64),
    "correlate": lambda x: ops.correlate(x, x[:50] / 64),
    "segment_sum": lambda x: ops.segment_sum(x / 64, _repeated(x.size), 3),
    "scatter": lambda x: ops.scatter(_repeated(x.size)[:, None], x / 64, (3,)),
    "scatter_update": lambda x: ops.scatter_update(
        x[:3], _repeated(x.size)[:, None], x / 64, reduction="add"
    ),
    "take": lambda x: ops.take(x[:3] / 64, _repeated(x.size)),
    "get_item": lambda x: (x[:3] / 64)[_repeated(x.size)],
    "take_along_axis": lambda x: ops.take_along_axis(x[:3] / 64, _repeated(x.size), 0),
    "broadcast in a sum": lambda x: x + x[:1] / 64,
    "broadcast in a product": lambda x: x * (x[:1] / 64),
    "tile": lambda x: ops.tile(x[:2] / 64, x.size),
    "max_pool": lambda x: ops.max_pool(x[None, :, None] / 64, 101, 1),
    "patches": lambda x: ops.image.extract_patches(
        ops.reshape(x[:4900] / 64, (70, 70, 1)), (65, 65), 1
    ),
    "conv": lambda x: ops.conv(x[None, :, None], ops.reshape(x[:3], (3, 1, 1)) / 64),
}


def _value_and_gradient(function, values, dtype, cotangent):
    x = ops.cast(values, dtype)
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
        loss = ops.sum(ops.cast(y, "float64") * cotangent)
    gradient = tape.gradient(loss, x)
    assert y.dtype == gradient.dtype == numpy_dtype(dtype)
    return [np.asarray(ops.cast(t, "float64")) for t in (y, gradient)]


# The largest float16 is 65,504; bfloat16 stops counting at 256.
@pytest.mark.parametrize(
    ("dtype", "length"), [("float16", 5000), ("float16", 70_001), ("bfloat16", 5000)]
)
@pytest.mark.parametrize("name", [*MEANS, *SUMS])
def test_many_numbers_are_added_up_in_float32(name, length, dtype, backend, rng):
    """Values and gradients are those of float64, but for a few roundings to the small type."""
    function = (MEANS | SUMS)[name]
    values = rng.uniform(0.5, 1.5, length).astype(numpy_dtype(dtype)).astype("float64")
    shape = function(ops.convert_to_tensor(values)).shape
    cotangent = rng.uniform(0.5, 1, shape).astype("float16") * (512 if name in MEANS else 1)
    truth, found = (
        _value_and_gradient(function, values, kind, cotangent) for kind in ("float64", dtype)
    )
    for right, value in zip(truth, found, strict=True):
        error = np.linalg.norm(value - right) / np.linalg.norm(right)
        # That of `logsumexp` is taken from the rounded result, which is about 10.
        assert error < (12 if name == "logsumexp" else 4) * ROUNDING[dtype]


ACTIVATIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus "
    "softsign sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink"
)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("name", ACTIVATIONS.split())
def test_activations_keep_the_type(name, dtype, backend, rng):
    """Their values and gradients are those of float64, rounded a few times."""
    values = rng.uniform(-4, 4, (20, 6)).astype(numpy_dtype(dtype)).astype("float64")
    function = activations.get(name)
    cotangent = rng.normal(size=function(values).shape).astype("float16").astype("float64")
    truth, found = (
        _value_and_gradient(function, values, kind, cotangent) for kind in ("float64", dtype)
    )
    for right, value in zip(truth, found, strict=True):
        error = np.linalg.norm(value - right) / np.linalg.norm(right)
        assert error < 3 * ROUNDING[dtype]


# The smallest numbers that the types have.
SMALLEST = {"float16": 2.0**-24, "bfloat16": 2.0**-133}
ROUNDED_MORE_OFTEN = {
    "nextafter": "it is about the numbers that a type has",
    "diff": "each order is rounded, as in Keras",
    "linspace": "steps are rounded, as in Keras",
    "geomspace": "steps are rounded, as in Keras",
    **dict.fromkeys(
        ("quantile", "percentile", "nanquantile", "nanpercentile"),
        "q has the type too, as in Keras",
    ),
    **dict.fromkeys(("stft", "istft"), "16 bits are refused, as in Keras"),
    **dict.fromkeys(
        "inv det slogdet solve solve_triangular cholesky cholesky_inverse qr svd eigh pinv "
        "lstsq".split(),
        "16 bits are refused, as in NumPy's linear algebra",
    ),
}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name not in ROUNDED_MORE_OFTEN], ids=lambda case: case.name
)
def test_results_are_the_right_ones_rounded_once(case, dtype):
    """What is computed in several operations is computed in float32, and rounded at the end."""

    def check(function, *inputs, **settings):
        narrow = tree.map_structure(partial(_of_type, dtype, "f"), list(inputs))
        wide = tree.map_structure(partial(_of_type, "float64", dtype), narrow)
        results, right = (tree.flatten(function(*x, **settings)) for x in (narrow, wide))
        for found, truth in zip(results, right, strict=True):
            if str(found.dtype) != dtype:
                continue
            truth = truth.numpy()
            rounding = np.maximum(np.abs(truth) * ROUNDING[dtype], SMALLEST[dtype])
            off = np.abs(found.numpy().astype("float64") - truth)
            assert np.nanmax(off / rounding, initial=0) < 1.05

    case.check_with(check)


def _of_type(dtype, from_types, x):
    """Arrays of the types ("f": all floats, or a name) in another."""
    if isinstance(x, np.ndarray) and from_types in (x.dtype.kind, x.dtype.name):
        return x.astype(numpy_dtype(dtype))
    return x
