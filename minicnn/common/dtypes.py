"""Names of element types, and type promotion.

Above the backend, types are names ("float32"). Promotion follows the lattice that Keras 3 and JAX
share: a Python number is "weak", which means that it takes the type of the array it is combined
with, and only decides between integers, floats and complex numbers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minicnn.common import configuration

BOOL_TYPES = ("bool",)
INT_TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
FLOAT8_TYPES = ("float8_e4m3fn", "float8_e5m2")
COMPLEX_TYPES = ("complex64", "complex128")
ALLOWED_DTYPES = (*FLOAT_TYPES, *INT_TYPES, "bool", "string", *FLOAT8_TYPES, *COMPLEX_TYPES)

# NumPy has these types only with the package ml_dtypes, which is not required.
_EXTENSION_TYPES = frozenset(("bfloat16", *FLOAT8_TYPES))

_PYTHON_TYPES = {
    bool: "bool",
    int: "int64",
    float: "float32",
    complex: "complex128",
    str: "string",
    "int": "int64",
}

# Each type's next larger types. "int" and "float" are the types of Python numbers.
_NEXT_LARGER = {
    "bool": ("int",),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int": ("uint8", "int8", "complex64"),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}

# Keras changes results of these two types to smaller ones on its TensorFlow backend.
_NARROWED = {"uint64": "uint32", "complex128": "complex64"}


def standardize_dtype(dtype: Any) -> str:
    """The name of a type given as a name, a Python type or a NumPy (or other library's) type.

    None means the default float type.

    >>> standardize_dtype(np.uint8), standardize_dtype(int), standardize_dtype(None)
    ('uint8', 'int64', 'float32')
    """
    return configuration.floatx() if dtype is None else _standardized(dtype)


@functools.cache
def _standardized(dtype: Any) -> str:
    name = _PYTHON_TYPES.get(dtype, dtype)
    if not isinstance(name, str):
        # An array type has a `name`, a scalar class like np.float32 a `__name__`, and
        # PyTorch's types only print as "torch.float32".
        name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
        name = name or str(dtype).rpartition(".")[-1]
    if name not in ALLOWED_DTYPES:
        raise ValueError(f"Invalid dtype: {dtype}. Expected one of {', '.join(ALLOWED_DTYPES)}.")
    if name in _EXTENSION_TYPES and not _has_ml_dtypes():
        raise ValueError(
            f"Invalid dtype: {name} needs the package ml_dtypes. Install it "
            "(`pip install ml_dtypes`), or use 'float16' or 'float32'."
        )
    return name


def numpy_dtype(dtype: Any) -> np.dtype:
    """NumPy's type object for a type given in any way that `standardize_dtype` takes."""
    return _numpy_dtype(standardize_dtype(dtype))


@functools.cache
def _numpy_dtype(name: str) -> np.dtype:
    if name in _EXTENSION_TYPES:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(str if name == "string" else name)


def with_own_dtype(array: np.ndarray) -> np.ndarray:
    """The array itself, or its values in NumPy's own type: native byte order, without metadata.

    Arrays from files, from other libraries or from `pickle` may have a type that is equal to
    NumPy's but is another object, or has the other byte order. Every array from outside is
    converted here, so that computing with it is the same as with an array made here.

    >>> with_own_dtype(np.ones(2, ">f4")).dtype
    dtype('float32')
    """
    dtype = _own_dtype(array.dtype.type)
    return array if dtype is None else np.asarray(array, dtype)


@functools.cache
def _own_dtype(scalar: type) -> np.dtype | None:
    """The type of arrays of such elements; None if it is not a numeric type of the library."""
    name = np.dtype(scalar).name
    return _numpy_dtype(name) if name in ALLOWED_DTYPES else None


@functools.cache
def _has_ml_dtypes() -> bool:
    """Imports ml_dtypes, whose types NumPy then knows by name; whether that was possible."""
    try:
        import ml_dtypes  # noqa: F401
    except ImportError:
        return False
    return True


def is_float_dtype(dtype: Any) -> bool:
    """Whether the type is a real floating type, bfloat16 and float8 included."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


INEXACT_KINDS = "fcV"


def is_inexact(dtype: np.dtype) -> bool:
    """Whether the elements of an array are floats or complex numbers, so that gradients exist.

    Do not use `dtype.kind in "fc"`: bfloat16 and most of float8 are of kind "V".
    """
    return dtype.kind in INEXACT_KINDS


def is_real_float(dtype: np.dtype) -> bool:
    """Whether the elements of an array are floats, bfloat16 and float8 included."""
    return dtype.kind in "fV"


def is_half(dtype: np.dtype) -> bool:
    """Whether the elements of an array are float16 or bfloat16."""
    return dtype.itemsize == 2 and dtype.kind in "fV"


def is_int_dtype(dtype: Any) -> bool:
    """Whether the type is a signed or unsigned integer. "bool" is not."""
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """The type of a result computed from values of the given types.

    Names, NumPy types and Python types are taken; `int` and `float` (the Python types) are weak,
    None is the default float type.

    >>> result_type("int32", float), result_type("float16", float), result_type("uint8", "int8")
    ('float32', 'float16', 'int16')
    """
    if not dtypes:
        return configuration.floatx()
    # Python's `int` and `float` must be told apart by identity: np.dtype("float64") == float.
    names = tuple(_weak_or_standard(dtype) for dtype in dtypes)
    return _result_type(names, configuration.floatx())


def _weak_or_standard(dtype: Any) -> str:
    if dtype is int:
        return "int"
    if dtype is float:
        return "float"
    return standardize_dtype(dtype)


@functools.cache
def _result_type(names: tuple[str, ...], floatx: str) -> str:
    if float8 := next((name for name in names if name in FLOAT8_TYPES), None):
        raise ValueError(
            f"There is no implicit conversion from {float8} to another dtype. Cast it with "
            f"`ops.cast` first. Received: {names}"
        )
    name = names[0] if len(set(names)) == 1 else _least_upper_bound(frozenset(names))
    if name in ("int", "float"):
        name += floatx[-2:]
    return _NARROWED.get(name, name)


def _least_upper_bound(names: frozenset[str]) -> str:
    """The smallest type that is at least as large as every one of `names`."""
    larger = _larger_types()
    for name in names:
        if name not in larger:
            raise ValueError(f"dtype={name!r} is not a valid dtype for Keras type promotion.")
    common = frozenset.intersection(*(larger[name] for name in names))
    return next(name for name in common if common <= larger[name])


@functools.cache
def _larger_types() -> dict[str, frozenset[str]]:
    """For each type, itself and all the larger ones."""

    def closure(name: str) -> frozenset[str]:
        return frozenset({name}).union(*(closure(above) for above in _NEXT_LARGER[name]))

    return {name: closure(name) for name in _NEXT_LARGER}
