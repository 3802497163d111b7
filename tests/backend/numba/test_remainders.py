"""Every way through each kernel, at sizes that leave a remainder in each of its loops.

All is compared with the definitions in float64. The sizes are small, so that these tests also run
as plain Python (`without_jit`), where coverage.py sees every line.
"""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import config
from minicnn.backend.numba import (
    activations,
    arithmetic,
    dense,
    dropout,
    exponentials,
    losses,
    max_pool_2x2,
    normalization,
    optimizers,
    pool,
    products,
    random,
    reductions,
    softmax,
)
from minicnn.backend.numpy import activations as exact_activations
from minicnn.backend.numpy import fused_layers as exact_layers
from minicnn.backend.numpy import losses as exact_losses
from minicnn.backend.numpy import normalization as exact_normalization
from minicnn.backend.numpy import optimizers as exact_optimizers
from minicnn.backend.numpy import pool as exact_pool
from minicnn.backend.numpy import random as exact_random
from minicnn.backend.numpy import softmax as exact_softmax
from tests.backend.checks import Window, distinct, near
from tests.backend.numba.conv import test_activation_and_pool, test_conv
from tests.backend.numba.test_optimizers import RULES, arrays_of
from tests.backend.numba.test_optimizers import run as run_rule

pytestmark = pytest.mark.without_jit

ONE, NONE = (1, 1), ((0, 0), (0, 0))
SAME = ((1, 1), (1, 1))
RELU, RELU6, LINEAR = "relu", "relu6", "linear"
KEY = (0xFFFFFFFF, 7)

# Algorithm, input, filters, kernel size, strides, padding, dilation, groups, activation, pooled.
CONVOLUTIONS = {
    "direct, half a panel": ("direct", (2, 5, 6, 9), 8, (3, 2), ONE, NONE, ONE, 1, RELU, False),
    "direct, padded": ("direct", (3, 5, 4, 8), 24, (3, 2), ONE, SAME, ONE, 1, LINEAR, False),
    "direct, strides": ("direct", (2, 7, 6, 8), 8, (3, 3), (2, 3), SAME, ONE, 1, RELU, False),
    "direct, dilation": ("direct", (1, 7, 8, 8), 8, (2, 3), ONE, NONE, (2, 3), 1, LINEAR, False),
    "direct, pool": ("direct", (2, 7, 6, 8), 24, (2, 3), ONE, NONE, ONE, 1, RELU, True),
    "direct, linear pool": ("direct", (1, 5, 6, 9), 8, (2, 3), ONE, NONE, ONE, 1, LINEAR, True),
    "few": ("auto", (2, 6, 7, 1), 24, (3, 3), ONE, SAME, ONE, 1, RELU, False),
    "few, odd filters": ("auto", (2, 6, 5, 2), 7, (3, 2), (2, 1), NONE, ONE, 1, LINEAR, False),
    "few, pool": ("auto", (2, 7, 9, 1), 24, (3, 3), ONE, NONE, ONE, 1, RELU, True),
    "few, linear pool": ("auto", (2, 6, 7, 1), 8, (3, 3), ONE, NONE, ONE, 1, LINEAR, True),
    "few, many taps": ("auto", (2, 7, 8, 3), 9, (4, 3), ONE, SAME, ONE, 1, RELU, True),
    "tiles": ("auto", (3, 9, 10, 8), 8, (3, 3), ONE, NONE, ONE, 1, RELU, False),
    "tiles, odd": ("winograd", (5, 6, 7, 9), 11, (3, 3), ONE, SAME, ONE, 1, LINEAR, False),
    "tiles, pool": ("winograd", (2, 10, 12, 8), 16, (3, 3), ONE, NONE, ONE, 1, RELU, True),
    "tiles, odd pool": ("winograd", (1, 7, 9, 9), 11, (3, 3), ONE, SAME, ONE, 1, RELU, True),
    "tiles, linear": ("winograd", (1, 8, 7, 8), 9, (3, 3), ONE, NONE, ONE, 1, LINEAR, True),
    "small tiles": ("winograd_2x2", (2, 6, 7, 8), 8, (3, 3), ONE, NONE, ONE, 1, RELU, False),
    "small tiles, pool": ("winograd_2x2", (1, 7, 5, 9), 9, (3, 3), ONE, SAME, ONE, 1, RELU, True),
    "patches": ("im2col", (2, 7, 6, 5), 3, (4, 3), ONE, SAME, ONE, 1, RELU, False),
    "patches in rows": ("im2col", (2, 7, 6, 5), 3, (2, 3), (2, 1), NONE, ONE, 1, LINEAR, True),
    "pixels": ("im2col", (2, 4, 5, 6), 5, ONE, ONE, NONE, ONE, 1, RELU, False),
    "one by one": ("auto", (2, 4, 5, 6), 5, ONE, ONE, SAME, ONE, 1, RELU, True),
    "one by one, linear": ("auto", (2, 4, 5, 6), 5, ONE, ONE, NONE, ONE, 1, LINEAR, False),
    "depthwise": ("auto", (2, 5, 6, 9), 9, (3, 2), ONE, SAME, ONE, 9, RELU, False),
    "depthwise, 3 x 3": ("auto", (2, 5, 6, 9), 9, (3, 3), ONE, SAME, ONE, 9, RELU6, False),
    "depthwise, twice": ("auto", (2, 5, 6, 3), 6, (2, 2), (2, 1), NONE, ONE, 3, LINEAR, True),
    "depthwise, strides": ("auto", (2, 9, 12, 20), 20, (3, 3), (2, 2), SAME, ONE, 20, RELU, False),
    "depthwise, dilated": ("auto", (2, 9, 14, 8), 8, (3, 2), ONE, SAME, (2, 3), 8, LINEAR, False),
    "depthwise, few": ("auto", (2, 5, 6, 7), 7, (3, 2), ONE, SAME, ONE, 7, RELU, True),
    "groups": ("auto", (2, 5, 6, 6), 4, (2, 3), ONE, NONE, ONE, 2, RELU, False),
}


@pytest.fixture(autouse=True)
def _restore():
    yield
    config.set_convolution_algorithm("auto")
    config.set_threads(None)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("case", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_convolution(case, biased):
    algorithm, shape, filters, size, *where, groups, activation, pooled = case
    config.set_convolution_algorithm(algorithm)
    window = Window(shape, size, *where)
    test_activation_and_pool.check(window, filters, groups, activation, pooled, biased, 1)


@pytest.mark.parametrize("case", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_parts_of_a_convolution(case):
    algorithm, shape, filters, size, *where, groups, _, _ = case
    if size == (3, 3) and shape[-1] >= 8:
        pytest.skip("less exact than plain sums: compared above")
    config.set_convolution_algorithm(algorithm)
    window = Window(shape, size, *where)
    kernel_shape = (*size, shape[-1] // groups, filters)
    for dtype in ("float32", "float64"):
        test_conv.check(window, kernel_shape, groups, dtype, 2)


@pytest.mark.parametrize("algorithm", ["winograd", "direct"])
def test_only_the_input_s_gradient(algorithm, rng):
    from minicnn.backend.numba import conv
    from minicnn.backend.numpy import conv as exact

    config.set_convolution_algorithm(algorithm)
    cotangent, kernel = (
        rng.standard_normal(s).astype("float32") for s in ((2, 5, 6, 8), (3, 3, 8, 8))
    )
    where = (2, 5, 6, 8), ONE, SAME, ONE
    found = conv.conv_input_gradient(cotangent, kernel, *where)
    wide = cotangent.astype("float64"), kernel.astype("float64")
    near(found, exact.conv_input_gradient(*wide, *where).astype("float32"), ulps=64)


def test_convolutions_that_are_numpys(rng):
    from minicnn.backend.numba import conv
    from minicnn.backend.numpy import conv as exact

    x, kernel = rng.standard_normal((1, 4, 3, 4, 2)), rng.standard_normal((2, 2, 2, 2, 3))
    where = (1, 1, 1), ((0, 0),) * 3, (1, 1, 1)
    y = conv.conv(x, kernel, *where)
    np.testing.assert_array_equal(y, exact.conv(x, kernel, *where))
    for name, *arrays in (
        ("conv_kernel_gradient", x, y, kernel.shape[:3]),
        ("conv_input_gradient", y, kernel, x.shape),
    ):
        found, expected = (getattr(m, name)(*arrays, *where) for m in (conv, exact))
        np.testing.assert_array_equal(found, expected)
    gradients = conv.conv_layer_gradients(y, x, kernel, y, None, *where, 1, RELU)
    assert [g.shape for g in gradients] == [x.shape, kernel.shape, (3,)]
    line, taps = rng.standard_normal((2, 7, 3)), rng.standard_normal((3, 3, 2))
    where = (2,), ((1, 0),), (1,)
    y = conv.conv(line, taps, *where)
    np.testing.assert_allclose(y, exact.conv(line, taps, *where), rtol=1e-12)
    found = conv.conv_kernel_gradient(line, y, (3,), *where)
    np.testing.assert_allclose(found, exact.conv_kernel_gradient(line, y, (3,), *where))


POOLS = [
    ((3, 3), (2, 2), ((1, 1), (0, 1))),
    ((2, 2), (2, 2), NONE),
    ((2, 3), (1, 2), ((0, 1), (1, 1))),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("window", POOLS)
def test_pools(window, channels, dtype, rng):
    x, t = (distinct((2, 5, 7, channels), rng, dtype) for _ in range(2))
    y = exact_pool.max_pool(x, *window)
    cotangent = rng.standard_normal(y.shape).astype(dtype)
    for name, *arrays in (
        ("max_pool", x),
        ("max_pool_gather", t, x),
        ("max_pool_gradient", cotangent, x),
        ("average_pool", t),
        ("average_pool_gradient", cotangent, x.shape),
    ):
        found, expected = (getattr(m, name)(*arrays, *window) for m in (pool, exact_pool))
        near(found, expected)


def test_pools_of_lines_and_of_other_types(rng):
    for x in (distinct((2, 9, 5), rng, "float32"), np.arange(18).reshape(2, 9, 1)):
        window = (2,), (2,), ((0, 1),)
        y = exact_pool.max_pool(x, *window)
        cotangent = np.ones(y.shape, "float32" if x.dtype == "float32" else "float64")
        for name, *arrays in (
            ("max_pool", x),
            ("max_pool_gather", x, x),
            ("max_pool_gradient", cotangent, x),
            ("average_pool", x),
            ("average_pool_gradient", cotangent.astype("float16"), x.shape),
            ("average_pool_gradient", cotangent, x.shape),
        ):
            found, expected = (getattr(m, name)(*arrays, *window) for m in (pool, exact_pool))
            np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("channels", [3, 8, 13])
@pytest.mark.parametrize("size", [(5, 7), (4, 6)])
def test_pools_of_2x2(size, channels, dtype, rng):
    x = rng.choice([-np.inf, -1, 0, 2, np.nan], (3, *size, channels)).astype(dtype)
    y, argmax = exact_pool.max_pool_2x2(x)
    for found, expected in zip(max_pool_2x2.max_pool_2x2(x), (y, argmax), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        max_pool_2x2.max_pool_2x2_gradient(y, argmax, size),
        exact_pool.max_pool_2x2_gradient(y, argmax, size),
    )


@pytest.mark.parametrize("activation", [LINEAR, RELU])
@pytest.mark.parametrize("rows", [1, 2, 31, 32, 33, 67])
@pytest.mark.parametrize("channels", [5, 8, 11])
def test_normalization(channels, rows, activation, rng):
    x, cotangent = rng.standard_normal((2, rows, channels)).astype("float32")
    gamma, beta = rng.standard_normal((2, channels)).astype("float32")
    settings = 1e-3, activation
    found = normalization.batch_norm_layer(x, gamma, beta, *settings)
    wide = [a.astype("float64") for a in (cotangent, x, gamma, beta)]
    for one, other in zip(found, exact_layers.batch_norm_layer(*wide[1:], *settings), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    y = found[0]
    arrays = (cotangent, x, y, gamma, *found[1:])
    found = normalization.batch_norm_layer_gradients(*arrays, *settings)
    expected = exact_layers.batch_norm_layer_gradients(
        *(a.astype("float64") for a in arrays), *settings
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4 if rows < 3 else 3e-5)
    found = normalization.scale_and_shift(x, gamma, beta, activation)
    expected = exact_layers.scale_and_shift(*wide[1:], activation)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(6700, 10), (13_200, 5), (4, 5)])
@pytest.mark.parametrize("keepdims", [True, False])
def test_moments(shape, keepdims, rng):
    x = (rng.standard_normal(shape) + 1).astype("float32")
    found = normalization.moments(x, 0, keepdims)
    for one, other in zip(
        found, exact_normalization.moments(x.astype("float64"), 0, keepdims), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4)


NAMES = ["exp", "sigmoid", "silu", "tanh", "softplus", "log_sigmoid", "elu", "selu", "gelu"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 23])
def test_activations_of_exponentials(name, size, rng):
    x = (5 * rng.standard_normal(size)).astype("float32")
    definition = getattr(exact_activations, name, None) or getattr(np, name)
    for array in (x, x.astype("float64")):
        found = getattr(exponentials, name)(array)
        np.testing.assert_allclose(found, definition(x.astype("float64")), rtol=1e-5, atol=1e-6)


def test_settings_of_activations(rng):
    x = rng.standard_normal(11).astype("float32")
    for array in (x, x.astype("float64")):
        for name, setting in (("gelu", False), ("elu", 0.5)):
            found = getattr(exponentials, name)(array, setting)
            expected = getattr(exact_activations, name)(x.astype("float64"), setting)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    large = rng.standard_normal((3, 11_001))
    found = activations.leaky_relu(large, negative_slope=0.5)
    np.testing.assert_array_equal(found, exact_activations.leaky_relu(large, 0.5))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_relu(dtype, rng):
    x1, x2, cotangent = 5 * rng.standard_normal((3, 5, 7)).astype(dtype)
    for name in (RELU, RELU6):
        y = getattr(exact_activations, name)(x1)
        np.testing.assert_array_equal(getattr(activations, name)(x1), y)
        found = getattr(activations, f"{name}_gradient")(cotangent, y)
        expected = getattr(exact_activations, f"{name}_gradient")(cotangent, y)
        np.testing.assert_array_equal(found, expected)
    for activation in (RELU, RELU6, LINEAR):
        found = arithmetic.add_and_activate(x1, x2, activation)
        np.testing.assert_array_equal(found, exact_layers.add_and_activate(x1, x2, activation))


@pytest.mark.parametrize("name", ["add", "multiply"])
@pytest.mark.parametrize("shape", [(), (11,), (6001, 11), (6001, 1), (1, 11), (3,)])
def test_arithmetic(name, shape, rng):
    x = rng.standard_normal((6001, 11)).astype("float32")
    y = rng.standard_normal(shape).astype("float32") if shape else 2.5
    if shape == (3,):
        x = x[:7, :3]
    ours, numpys = getattr(arithmetic, name), getattr(np, name)
    np.testing.assert_array_equal(ours(x, y), numpys(x, y))
    np.testing.assert_array_equal(ours(y, x), numpys(x, y))


def test_sums(rng):
    x = rng.standard_normal((1201, 5, 11)).astype("float32")
    for axis in (None, 0, (0, 1), (0, 1, 2)):
        for array in (x, x[:3], x.T, x.astype("int32")):
            found = arithmetic.sum(array, axis=axis, keepdims=True)
            expected = array.astype("float64").sum(axis, keepdims=True)
            np.testing.assert_allclose(found, expected, atol=1e-2)


SMALL_BATCHES = [(1, 2001, 803), (7, 785, 303), (17, 600, 157), (48, 784, 250), (256, 77, 93)]


@pytest.mark.parametrize(
    "sizes", [(5, 7, 9), (5100, 48, 101), (33, 100, 2003), (700, 190, 130), *SMALL_BATCHES]
)
@pytest.mark.parametrize("activation", [RELU, LINEAR])
def test_dense_layers(sizes, activation, rng):
    rows, terms, units = sizes
    x, kernel, bias, cotangent = (
        rng.standard_normal(shape).astype("float32")
        for shape in ((rows, terms), (terms, units), (units,), (rows, units))
    )
    wide = [a.astype("float64") for a in (cotangent, x, kernel)]
    for given in (bias, None):
        y = products.dense_layer(x, kernel, given, activation)
        exact_bias = None if given is None else given.astype("float64")
        near(y, exact_layers.dense_layer(*wide[1:], exact_bias, activation).astype("float32"), 99)
    found = products.dense_layer_gradients(cotangent, x, kernel, y, activation)
    expected = exact_layers.dense_layer_gradients(*wide, y, activation)
    for one, other in zip(found, expected, strict=True):
        near(one, other.astype("float32"), ulps=400)
    only = products.dense_layer_gradients(cotangent, x, kernel, y, activation, kernel_needed=False)
    assert only[1:] == (None, None)
    only = products.dense_layer_gradients(cotangent, x, kernel, y, activation, input_needed=False)
    assert only[0] is None
    near(products.matmul(x, kernel), (wide[1] @ wide[2]).astype("float32"), ulps=99)


@pytest.mark.parametrize("sizes", SMALL_BATCHES)
def test_small_batches_have_functions_of_their_own(sizes, rng):
    """They give what the matrix library gives up to rounding, and no number is left out."""
    rows, terms, units = sizes
    x, kernel = rng.standard_normal((rows, terms)), rng.standard_normal((terms, units))
    x, kernel = x.astype("float32"), kernel.astype("float32")
    assert dense.fits(x, kernel)
    assert not dense.fits(x[:, ::-1], kernel) and not dense.fits(x, kernel[::-1])
    assert not dense.fits(x.astype("float64"), kernel.astype("float64"))
    cotangent = rng.standard_normal((rows, units)).astype("float32")
    for found, expected in (
        (
            dense.layer(x, kernel, np.zeros(units, "float32"), activations.ending_of(LINEAR)),
            x @ kernel,
        ),
        (dense.kernel_gradient(x, cotangent), x.T @ cotangent),
        (dense.input_gradient(cotangent, kernel), cotangent @ kernel.T),
    ):
        assert found.shape == expected.shape
        near(found, expected, ulps=400)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", [RELU, LINEAR])
def test_what_is_no_number_stays_in_its_row_and_column(bad, activation, rng):
    x = rng.standard_normal((34, 301)).astype("float32")
    kernel = rng.standard_normal((301, 203)).astype("float32")
    x[33, 300] = bad
    assert dense.fits(x, kernel)
    with np.errstate(all="ignore"):
        y = products.dense_layer(x, kernel, None, activation)
        expected = exact_layers.dense_layer(x, kernel, None, activation)
        cotangent = np.zeros_like(y)
        cotangent[33, 202] = 1
        gradient = products.dense_layer_gradients(cotangent, x, kernel, y, LINEAR)[1]
    np.testing.assert_array_equal(np.isfinite(y), np.isfinite(expected))
    assert (np.isfinite(y[:33]).all() and not np.isfinite(y[33]).any()) or activation == RELU
    np.testing.assert_array_equal(~np.isfinite(gradient), [[False] * 203] * 300 + [[True] * 203])


def test_products_of_other_types(rng):
    x, kernel = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)).astype("float32")
    y = products.dense_layer(x, kernel, None, RELU)
    np.testing.assert_array_equal(y, exact_layers.dense_layer(x, kernel, None, RELU))
    found = products.dense_layer_gradients(y, x, kernel, y, RELU)
    expected = exact_layers.dense_layer_gradients(y, x, kernel, y, RELU)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(products.matmul(x[None], x.T), x[None] @ x.T)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("shapes", [[(3, 7), (1,), (8,), (), (9,)], [(17,), (8, 2)], []])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_optimizers(rule, shapes, dtype):
    arrays = arrays_of(rule, shapes, 1, dtype)
    arrays = [[np.asfortranarray(a) for a in kind] for kind in arrays]
    wide = [[a.astype("float64") for a in kind] for kind in arrays]
    found, expected = run_rule(optimizers, rule, arrays), run_rule(exact_optimizers, rule, wide)
    for kind, exact_kind in zip(found, expected, strict=True):
        for one, other in zip(kind, exact_kind, strict=True):
            np.testing.assert_allclose(one, other, atol=2e-6)


@pytest.mark.parametrize("rule", ["adam", "sgd", "momentum", "rmsprop"])
def test_optimizers_of_one_weight(rule):
    arrays = arrays_of(rule, [(4, 7)], 6)
    nothing = (None, None) if rule == "rmsprop" else ()
    row = *(kind[0] for kind in arrays), *nothing, *RULES[rule][1]
    found = getattr(optimizers, f"{rule}_step")(*row)
    expected = run_rule(optimizers, rule, arrays)[0][0]
    np.testing.assert_array_equal(found if rule == "sgd" else found[0], expected)


@pytest.mark.parametrize("axis", [-1, 0])
def test_softmax(axis, rng):
    x, cotangent = rng.standard_normal((2, 3, 7))
    for name in ("softmax", "log_softmax"):
        y = getattr(exact_softmax, name)(x, axis)
        near(getattr(softmax, name)(x, axis), y)
        gradient = f"{name}_gradient"
        expected = getattr(exact_softmax, gradient)(cotangent, y, axis)
        near(getattr(softmax, gradient)(cotangent, y, axis), expected, ulps=200)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_cross_entropy(dtype, rng):
    logits = rng.standard_normal((5, 7)).astype(dtype)
    labels, cotangent = rng.integers(0, 7, 5), rng.standard_normal(5).astype(dtype)
    near(
        losses.sparse_softmax_cross_entropy(logits, labels),
        exact_losses.sparse_softmax_cross_entropy(logits, labels),
    )
    arrays = cotangent, logits, labels
    near(
        losses.sparse_softmax_cross_entropy_gradient(*arrays),
        exact_losses.sparse_softmax_cross_entropy_gradient(*arrays),
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_cross_entropy_of_infinite_logits():
    logits = np.array([[-np.inf] * 3, [np.inf, 0, 1], [0, np.nan, 1]], "float32")
    labels = np.array([1, 0, 2])
    found = losses.sparse_softmax_cross_entropy(logits, labels)
    expected = exact_losses.sparse_softmax_cross_entropy(logits, labels)
    np.testing.assert_array_equal(found, expected)


def test_argmax(rng):
    x = rng.choice([-np.inf, 0, 2, np.nan], (50, 4)).astype("float32")
    for axis in (-1, 0, None):
        for keepdims in (True, False):
            found = reductions.argmax(x, axis, keepdims)
            np.testing.assert_array_equal(found, np.argmax(x, axis, keepdims=keepdims))
    assert reductions.argmax([1, 3, 2]) == 1


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 200])
def test_dropout(size, dtype, rng):
    x = rng.standard_normal(size).astype(dtype)
    found = dropout.dropout(x, 0.3, KEY)
    np.testing.assert_array_equal(found, exact_random.dropout(x, 0.3, KEY))


@pytest.mark.parametrize("count", [3, 50_003])
def test_random_words(count):
    np.testing.assert_array_equal(
        random.random_bits(KEY, count, 5), exact_random.random_bits(KEY, count, 5)
    )
