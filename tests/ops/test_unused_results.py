"""Where a result has no influence its gradient is 0, though the slope be infinite or NaN there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minicnn as keras
from minicnn import GradientTape, activations, config, ops
from tests.ops.gradient_cases import CASES

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 100.0, 1e30, -1e30, np.inf, -np.inf, np.nan], "float32"
)

ONE = (
    *"exp exp2 expm1 log log2 log10 log1p sqrt rsqrt cbrt reciprocal square abs fabs sign".split(),
    *"sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh sinc i0".split(),
    *"erf erfc erfinv deg2rad nan_to_num negative".split(),
)
TWO = (
    *"multiply divide true_divide divide_no_nan power mod fmod hypot arctan2".split(),
    *"logaddexp logaddexp2 maximum minimum fmax fmin add subtract".split(),
)
REDUCTIONS = {
    **{
        name: getattr(ops, name)
        for name in "sum mean var std max min prod logsumexp ptp median norm cumprod cumsum".split()
    },
    "norm of order 3": lambda x, axis=None: ops.norm(x, 3, axis=-1 if axis is None else axis),
    "softmax": lambda x, axis=None: ops.softmax(x, axis),
    "log_softmax": lambda x, axis=None: ops.log_softmax(x, axis),
    "normalize": lambda x, axis=None: ops.normalize(x, -1 if axis is None else axis),
    "nanstd": ops.nanstd,
}
ACTIVATIONS = [f for f in activations._FUNCTIONS if f.__name__ not in ("threshold", "glu")]


@pytest.fixture(params=("numpy", "numba"), autouse=True)
def backend(request):
    before = config.backend()
    config.set_backend(request.param)
    yield
    config.set_backend(before)


def _check_unused(function, *arrays):
    """The gradients under a `where` that takes the other branch, once and twice differentiated."""
    inputs = [ops.convert_to_tensor(x) for x in arrays]
    with GradientTape() as outer:
        outer.watch(inputs)
        with GradientTape() as inner:
            inner.watch(inputs)
            result = function(*inputs)
            chosen = ops.sum(ops.where(ops.zeros(result.shape, "bool"), result, 0))
        gradients = inner.gradient(chosen, inputs)
        for x, g in zip(inputs, gradients, strict=True):
            np.testing.assert_array_equal(g, np.zeros(x.shape), err_msg=str(np.asarray(x)))
        total = sum(ops.sum(ops.square(g)) for g in gradients)
    for g in outer.gradient(total, inputs):
        assert g is None or not np.any(np.asarray(g)), g


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("name", ONE)
def test_function_of_one(name, dtype):
    with np.errstate(over="ignore"):
        x = SPECIAL.astype(dtype)
    _check_unused(getattr(ops, name), x)


@pytest.mark.parametrize("name", TWO)
def test_function_of_two(name):
    pairs = np.array(list(itertools.product(SPECIAL, repeat=2)), "float32")
    _check_unused(getattr(ops, name), pairs[:, 0], pairs[:, 1])


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda f: f.__name__)
def test_activation(activation):
    _check_unused(activation, np.tile(SPECIAL, (3, 1)).T.copy())


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduction(name, axis):
    for special in SPECIAL:
        x = np.array([[0.5, special, 1.5], [special, special, special]], "float32")
        _check_unused(lambda x: REDUCTIONS[name](x, axis=axis), x)


SUMS_OF_PRODUCTS = (
    *"matmul dot vdot inner tensordot kron correlate corrcoef einsum inv pinv lstsq".split(),
    *"solve solve_triangular cholesky cholesky_inverse logdet qr svd eigh norm det slogdet".split(),
)
"""Here one element that is infinite or NaN spoils others, as in Keras."""


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name not in SUMS_OF_PRODUCTS], ids=lambda case: case.name
)
def test_operation_with_a_cotangent_of_zeros(case):
    random = np.random.default_rng(0)

    def is_floating(x):
        return isinstance(x, np.ndarray) and x.dtype.kind == "f"

    def check(function, *inputs, **settings):
        for special in (0.0, 1.0, -1.0, np.inf, -np.inf, np.nan):
            flat = [
                ops.convert_to_tensor(np.where(random.random(x.shape) < 0.4, special, x))
                if is_floating(x)
                else x
                for x in keras.tree.flatten(list(inputs))
            ]
            leaves = [x for x in flat if isinstance(x, keras.Tensor)]
            with GradientTape() as tape:
                tape.watch(leaves)
                results = function(*keras.tree.pack_sequence_as(list(inputs), flat), **settings)
            results = [y for y in keras.tree.flatten(results) if "float" in str(y.dtype)]
            for g in tape.gradient(results, leaves, [ops.zeros_like(y) for y in results]):
                assert g is None or not np.any(np.asarray(g)), (special, g)

    case.check_with(check)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.log(ops.log(x)),
        lambda x: x * ops.log(x),
        lambda x: ops.sqrt(ops.sqrt(x)) / x,
        lambda x: 1 / ops.sqrt(1 - ops.exp(x)),
        lambda x: ops.abs(x) ** 0.5,
        lambda x: ops.arctanh(ops.tanh(x) / x),
        lambda x: ops.sin(x) / x,
    ],
)
def test_chain(function):
    _check_unused(function, SPECIAL)


def test_singular_matrices():
    singular = np.array([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]], "float32")
    _check_unused(lambda x: ops.slogdet(x)[1], singular)
    _check_unused(ops.det, singular)
    _check_unused(lambda x: ops.svd(x)[0], singular)
    _check_unused(lambda x: ops.eigh(x)[1], singular)


def test_equal_singular_values_do_not_spoil_the_gradient_to_the_values():
    x = ops.convert_to_tensor(2 * np.eye(3, dtype="float32"))
    with GradientTape() as tape:
        tape.watch(x)
        total = ops.sum(ops.svd(x)[1])
    np.testing.assert_allclose(tape.gradient(total, x), np.eye(3), atol=1e-6)


def test_only_the_unused_part_is_zero():
    x = ops.convert_to_tensor([-1.0, 0.0, 4.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.where(x > 0, ops.sqrt(x), 2 * x))
    np.testing.assert_array_equal(tape.gradient(y, x), [2, 2, 0.25])


def test_infinite_and_missing_slopes_stay_where_they_count():
    x = ops.convert_to_tensor([0.0, 4.0, -1.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.sqrt(x))
    np.testing.assert_array_equal(tape.gradient(y, x), [np.inf, 0.25, np.nan])


def test_gradient_of_a_gradient_under_where():
    x = ops.convert_to_tensor([0.0, 4.0])
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sum(ops.where(x > 0, ops.sqrt(x) * x, x * x))
        slope = inner.gradient(y, x)
    np.testing.assert_allclose(slope, [0, 3])
    np.testing.assert_allclose(outer.gradient(slope, x), [2, 0.375])


def test_a_cotangent_of_zero_has_a_derivative():
    """Tangents are found by differentiating to a cotangent of zeros."""
    _, tangent = ops.jvp(lambda x: ops.sqrt(x) / x, [np.array([4.0, 0.25])], [np.ones(2)])
    np.testing.assert_allclose(tangent, [-1 / 16, -4])


def test_training_through_where():
    """A layer whose unused branch has no slope still learns."""

    class SafeRoot(keras.layers.Layer):
        def call(self, x):
            return ops.where(x > 0, ops.sqrt(x), 0.0)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(4), SafeRoot(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal((32, 3)).astype("float32")
    history = model.fit(x, np.abs(x[:, :1]), epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


# What Keras on TensorFlow gives, read off by running it.
PIECEWISE_CONSTANT = {
    "sign": (ops.sign, 0.0),
    "nextafter": (lambda x: ops.nextafter(x, ops.ones(3)), 1.0),
    "nextafter, second": (lambda x: ops.nextafter(ops.ones(3), x), 0.0),
    **{
        name: (getattr(ops, name), None)
        for name in (
            *"floor ceil round trunc signbit isnan isfinite logical_not".split(),
            *"argmax argmin stop_gradient zeros_like ones_like count_nonzero".split(),
        )
    },
    "floor_divide": (lambda x: ops.floor_divide(x, ops.ones(3)), None),
    "heaviside": (lambda x: ops.heaviside(x, ops.ones(3)), None),
    "equal": (lambda x: ops.equal(x, 1.0), None),
    "less": (lambda x: ops.less(x, 1.0), None),
    "cast to int": (lambda x: ops.cast(ops.cast(x, "int32"), "float32"), None),
    "norm of order 0": (lambda x: ops.norm(x, 0), None),
}


@pytest.mark.parametrize("name", PIECEWISE_CONSTANT)
def test_gradient_of_piecewise_constant_functions(name):
    function, expected = PIECEWISE_CONSTANT[name]
    x = ops.convert_to_tensor([-1.5, 0.0, 2.3])
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    gradient = tape.gradient(y, x)
    if expected is None:
        assert gradient is None
    else:
        np.testing.assert_array_equal(gradient, np.full(3, expected))
