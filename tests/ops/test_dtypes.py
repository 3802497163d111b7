"""Types of results are those of Keras on TensorFlow, with and without values."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.common import dtypes

TYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
MIXED = (*TYPES, bool, int, float)

UNARY = (
    "absolute fabs all any angle amax amin arccos arccosh arcsin arcsinh arctan arctanh argmax "
    "argmin argsort average cbrt ceil clip copy cos cosh count_nonzero cumprod cumsum deg2rad "
    "rad2deg diag diagonal diff exp exp2 expand_dims expm1 flip floor i0 isfinite isinf isnan "
    "isneginf isposinf isreal log log10 log1p log2 logical_not max mean median min nan_to_num "
    "nancumsum nancumprod nanmax nanmean nanmin nanprod nanstd nansum nanvar negative ones_like "
    "zeros_like full_like prod ptp quantile ravel real repeat reshape roll round sign signbit "
    "sin sinc sinh size sort square sqrt squeeze std sum swapaxes take tan tanh tile trace "
    "transpose trapezoid tril trunc vander var logsumexp rsqrt erf erfinv erfc softmax"
).split()
SETTINGS = {
    "clip": {"x_min": 0, "x_max": 1},
    "expand_dims": {"axis": 0},
    "full_like": {"fill_value": 2},
    "quantile": {"q": 0.5},
    "repeat": {"repeats": 2},
    "reshape": {"newshape": (4,)},
    "roll": {"shift": 1},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "take": {"indices": [1]},
    "tile": {"repeats": 2},
    "vander": {"N": 3},
}
BINARY = (
    "add append arctan2 cross divide divide_no_nan dot equal floor_divide greater heaviside "
    "hypot inner isclose kron less logaddexp logical_and matmul maximum minimum fmax fmin mod "
    "fmod multiply not_equal outer power subtract tensordot true_divide vdot where bitwise_and "
    "bitwise_or bitwise_xor left_shift right_shift gcd lcm correlate concatenate stack"
).split()


def _values(dtype, *shape):
    return np.ones(shape, "int8").astype(dtype)


def _input(name, dtype):
    if name == "vander":
        return _values(dtype, 2)
    return _values(dtype, 2, 2)


def _type_or_error(function, *args, **settings):
    try:
        return dtypes.standardize_dtype(function(*args, **settings).dtype)
    except Exception as error:  # TensorFlow lacks some kernels, with errors of every kind
        return error


def _check(keras, name, *args, **settings):
    theirs = _type_or_error(getattr(keras.ops, name), *args, **settings)
    if isinstance(theirs, Exception):
        return
    ours = getattr(ops, name)(*args, **settings)
    assert dtypes.standardize_dtype(ours.dtype) == theirs, [getattr(x, "dtype", x) for x in args]
    outlines = [KerasTensor(x.shape, x.dtype.name) if hasattr(x, "dtype") else x for x in args]
    if not any(isinstance(x, KerasTensor) for x in outlines):
        return
    spec = getattr(ops, name)(*outlines, **settings)
    assert spec.dtype == theirs
    assert spec.shape == ours.shape


# On TensorFlow, these make a tensor of a Python number first; for symbolic tensors Keras says
# otherwise. Here a Python number never decides the type.
NUMBERS_ARE_NOT_WEAK_IN_KERAS = (
    "arctan2 heaviside hypot kron logaddexp mod fmod bitwise_and bitwise_or bitwise_xor gcd lcm"
).split()


@pytest.mark.parametrize("name", UNARY)
def test_of_one(keras, name):
    for dtype in TYPES:
        _check(keras, name, _input(name, dtype), **SETTINGS.get(name, {}))


def _operands(name, first, second):
    shape = {"cross": (3,), "correlate": (2,), "matmul": (2, 2), "tensordot": (2, 2)}.get(
        name, (2,)
    )
    return [
        _values(dtype, *shape) if isinstance(dtype, str) else dtype(1) for dtype in (first, second)
    ]


@pytest.mark.parametrize("name", BINARY)
def test_of_two(keras, name):
    types = TYPES if name in NUMBERS_ARE_NOT_WEAK_IN_KERAS else MIXED
    for first, second in itertools.combinations_with_replacement(types, 2):
        if name == "matmul" and {first, second} == {"bool", "int8"}:
            continue  # Keras adds truth values up in 8 bits; here it is 32, as for int8
        operands = _operands(name, first, second)
        if name == "where":
            operands = [np.array([True, False]), *operands]
        if name in ("concatenate", "stack"):
            if all(isinstance(x, np.ndarray) for x in operands):
                _check_joined(keras, name, operands)
            continue
        _check(keras, name, *operands)


def _check_joined(keras, name, operands):
    # Of a list of arrays TensorFlow makes int32, whatever their type.
    tensors = [keras.ops.convert_to_tensor(x) for x in operands]
    theirs = _type_or_error(getattr(keras.ops, name), tensors)
    if not isinstance(theirs, Exception):
        assert dtypes.standardize_dtype(getattr(ops, name)(operands).dtype) == theirs
