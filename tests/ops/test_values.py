"""Values are NumPy's where NumPy has the function, and Keras's where it has not."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import ops, tree
from tests.ops.gradient_cases import CASES, apart, case, positive

INTEGERS = np.array([[3, -1, 4], [-2, 5, 0]])
BITS = np.array([[12, 10, 7], [1, 0, 5]])
SPECIAL = np.array([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf])

MORE_CASES = [
    *(
        case(name, INTEGERS, BITS)
        for name in (
            "equal not_equal less less_equal greater greater_equal logical_and logical_or "
            "logical_xor bitwise_and bitwise_or bitwise_xor add subtract multiply divide maximum "
            "gcd lcm"
        ).split()
    ),
    *(case(name, BITS, np.array([1, 2, 3])) for name in ("left_shift", "right_shift", "power")),
    *(case(name, INTEGERS, np.array([2, -3, 4])) for name in ("floor_divide", "mod", "fmod")),
    *(
        case(name, SPECIAL)
        for name in (
            "isnan isinf isfinite isposinf isneginf signbit logical_not floor ceil trunc round "
            "nan_to_num absolute negative sign isreal nansum nanmax nanmin nanmean"
        ).split()
    ),
    *(case(n, INTEGERS) for n in "bitwise_invert sum prod max mean var std cumsum sort".split()),
    *(
        case(name, INTEGERS, axis=axis)
        for name in "argmax argmin any all count_nonzero argsort".split()
        for axis in (0, -1)
    ),
    case("isclose", np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-9, 2.1, np.nan])),
    case("isclose", np.array([1.0, np.nan]), np.array([1.0, np.nan]), equal_nan=True),
    case("allclose", np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-9])),
    case("isin", INTEGERS, np.array([4, 0])),
    case("isin", INTEGERS, np.array([4, 0]), invert=True),
    case("round", apart(7), decimals=1),
    case("round", np.array([0.5, 1.5, -0.5, 2.5])),
    case("nanargmax", np.array([[np.nan, 2.0], [3.0, np.nan]]), axis=1),
    case("nanargmin", np.array([[np.nan, 2.0], [3.0, np.nan]])),
    case("nonzero", INTEGERS),
    case("searchsorted", np.array([1.0, 2.0, 2.0, 5.0]), np.array([[0.0, 2.0], [3.0, 9.0]])),
    case("searchsorted", np.array([1, 2, 2, 5]), np.array([2, 6]), side="right"),
    case("digitize", np.array([0.2, 6.4, 3.0]), np.array([0.0, 1.0, 3.0, 6.4])),
    case("bincount", np.array([0, 1, 1, 3])),
    case("bincount", np.array([0, 1, 1, 3]), np.array([0.5, 1.0, 2.0, 3.0]), minlength=6),
    case("unravel_index", np.array([22, 41, 37]), (7, 6)),
    case("histogram", apart(9), bins=4),
    case("histogram", apart(9), bins=3, range=(-0.3, 0.2)),
    case("unique", np.array([3, 1, 3, 2])),
    case("argpartition", np.array([4, 1, 3, 2]), 2),
    case("arange", 2, 11, 3),
    case("arange", 0.0, 1.0, 0.25),
    case("linspace", 0, 10, num=5),
    case("logspace", 0, 2, num=5),
    case("geomspace", 1, 16, num=5),
    case("geomspace", -1.0, -16.0, num=5),
    case("geomspace", [1.0, -2.0], [16.0, -4.0], num=5, axis=1),
    case("geomspace", [1.0, -2.0], [16.0, -4.0], num=2, axis=-1),
    case("geomspace", [[1.0], [2.0]], [16.0, 4.0, 3.0], num=5, axis=1),
    case("eye", 3, 4, 1),
    case("tri", 3, 4, -1),
    case("identity", 3),
    *(case(name, 7) for name in ("bartlett", "blackman", "hamming", "hanning")),
    case("kaiser", 7, 2.0),
    case("vander", np.array([1, 2, 3]), N=3, increasing=True),
    case("angle", np.array([1.0, -1.0])),
    case("angle", np.array([1 + 1j, -1j])),
    case("real", np.array([1 + 2j])),
    case("imag", np.array([1 + 2j])),
    case("imag", np.array([1.0])),
    case("nextafter", np.array([1.0, 0.0]), np.array([2.0, -1.0])),
    case("heaviside", SPECIAL, np.array(0.5)),
    case("size", INTEGERS),
    case("median", np.array([[1.0, np.nan], [2.0, 3.0]]), axis=1),
    case("quantile", positive(4, 5), [0.1, 0.25, 1.0], axis=1, keepdims=True),
    case("percentile", positive(4, 5), 25, method="nearest"),
    case("percentile", positive(4, 5), 33.0, method="lower", axis=0),
    case("percentile", positive(4, 5), 33.0, method="higher", axis=0),
    case("sinc", np.array([0.0, 0.5, 1.0, -2.25])),
    case("i0", np.array([0.0, -30.0, 300.0])),
    case("cumprod", INTEGERS, axis=1),
    case("matmul", BITS, INTEGERS.T),
    case("einsum", "ij,kj->ik", INTEGERS, BITS),
]

SPELT_OTHERWISE = {
    "clip": lambda x, x_min, x_max: np.clip(x, x_min, x_max),
    "expand_dims": lambda x, axis: np.expand_dims(x, axis),
    "get_item": lambda x, key: x[key],
    "cast": lambda x, dtype: x.astype(dtype),
    "unstack": lambda x, axis: list(np.moveaxis(x, axis, 0)),
    "bincount": lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength),
    "nanargmax": lambda x, axis=None: np.nanargmax(x, axis),
    "slogdet": lambda x: tuple(np.linalg.slogdet(x)),
    "average": lambda x, axis=None, weights=None: np.average(x, axis, weights),
    "lstsq": lambda a, b: np.linalg.lstsq(a, b)[0],
    "take_along_axis": lambda x, indices, axis=None: np.take_along_axis(
        x.ravel() if axis is None else x, indices, axis
    ),
    "diag": lambda x, k=0: np.diag(x, k),
}
"""Functions that NumPy has, but with other arguments."""


NOT_BY_NUMPY = ("fft", "cross", "norm", "qr", "svd", "eigh", "pinv", "select")
"""Of several right answers NumPy may give another one, or it takes other arguments."""


def _numpy_function(name):
    if name in NOT_BY_NUMPY:
        return None
    if name in SPELT_OTHERWISE:
        return SPELT_OTHERWISE[name]
    return getattr(np, name, None) or getattr(np.linalg, name, None)


def _assert_equal(actual, expected):
    pairs = zip(tree.flatten(actual), tree.flatten(expected), strict=True)
    for found, wanted in pairs:
        assert found.shape == np.shape(wanted)
        np.testing.assert_allclose(
            np.asarray(found, "complex128"), np.asarray(wanted, "complex128"), rtol=1e-6, atol=1e-9
        )


def _numpy_cases():
    lines = [c for c in (*CASES, *MORE_CASES) if c.function is None]
    return [c for c in lines if _numpy_function(c.name)]


@pytest.mark.parametrize("case", _numpy_cases(), ids=lambda case: case.name)
def test_value_is_numpy_s(case):
    def check(function, *inputs, **settings):
        with np.errstate(all="ignore"):
            expected = _numpy_function(case.name)(*inputs, **settings)
        _assert_equal(function(*inputs, **settings), expected)

    case.check_with(check)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.function is None and not _numpy_function(c.name)],
    ids=lambda case: case.name,
)
def test_value_is_keras_s(case, keras):
    def check(function, *inputs, **settings):
        theirs = getattr(keras.ops, case.name)(*inputs, **settings)
        expected = keras.tree.map_structure(np.asarray, theirs)
        _assert_equal(function(*inputs, **settings), expected)

    case.check_with(check)


def test_inputs_are_not_changed():
    def check(function, *inputs, **settings):
        arrays = [x for x in tree.flatten(list(inputs)) if isinstance(x, np.ndarray)]
        before = [x.copy() for x in arrays]
        function(*inputs, **settings)
        for x, kept in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(x, kept)

    for line in (*CASES, *MORE_CASES):
        line.check_with(check)


def test_complex_step_agrees_with_the_derivative():
    """A second, independent oracle for functions that are analytic."""
    x = np.linspace(0.2, 0.8, 5)
    step = 1e-30
    for name in "sin cos tan exp log sqrt tanh sinh arctan arcsin log1p expm1".split():
        expected = getattr(np, name)(x + 1j * step).imag / step
        tensor = ops.convert_to_tensor(x)
        with minicnn.GradientTape() as tape:
            tape.watch(tensor)
            y = getattr(ops, name)(tensor)
        np.testing.assert_allclose(tape.gradient(y, tensor), expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_the_step_of_linspace_has_the_type_of_its_numbers(dtype):
    numbers, step = ops.linspace([0.0, 1.0], [1.0, 3.0], num=5, retstep=True, dtype=dtype)
    assert str(numbers.dtype) == str(step.dtype) == dtype
    np.testing.assert_array_equal(step, [0.25, 0.5])
