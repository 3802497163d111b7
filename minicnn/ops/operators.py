"""Defines the operators, methods and NumPy functions of tensors, variables and symbolic tensors."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff.array_like import NUMPY_FUNCTIONS, ArrayLike, like
from minicnn.ops import core, linalg, math
from minicnn.ops import numpy as numpy_operations

OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
"""Python's operators with a left and a right side -> the operation."""

COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}

UNARY = {"neg": "negative", "abs": "absolute", "invert": "logical_not", "getitem": "get_item"}

METHODS = ("sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin", "any", "all")
METHODS += ("squeeze", "swapaxes", "clip", "repeat", "ravel", "cumsum", "cumprod", "argsort")
METHODS += ("copy", "diagonal", "dot", "nonzero", "round", "take", "trace")
"""Methods of NumPy's arrays that tensors have too."""

NUMPY_NAMES = {
    "remainder": "mod",
    "invert": "bitwise_not",
    "abs": "absolute",
    "amax": "max",
    "amin": "min",
    "expand_dims": "expand_dims",
    "concat": "concatenate",
    "permute_dims": "transpose",
    "pow": "power",
}
"""NumPy's functions that have another name in Keras."""


def _binary_operator(operation):
    return lambda self, other: operation(self, like(self, other))


def _reversed_operator(operation):
    return lambda self, other: operation(like(self, other), self)


def _accepting_integers(operation):
    """`x.reshape(2, 3)` as well as `x.reshape((2, 3))`, as NumPy has it."""
    return lambda self, *lengths: operation(self, *(lengths if len(lengths) < 2 else (lengths,)))


def install() -> None:
    """Sets the operators and fills the table of NumPy functions."""
    operations = vars(numpy_operations)
    for python_name, name in UNARY.items():
        setattr(ArrayLike, f"__{python_name}__", operations[name])
    for python_name, name in {**OPERATORS, **COMPARISONS}.items():
        setattr(ArrayLike, f"__{python_name}__", _binary_operator(operations[name]))
    for python_name, name in OPERATORS.items():
        setattr(ArrayLike, f"__r{python_name}__", _reversed_operator(operations[name]))
    for name in METHODS:
        setattr(ArrayLike, name, operations[name])
    for name in ("reshape", "transpose"):
        setattr(ArrayLike, name, _accepting_integers(operations[name]))
    ArrayLike.T = property(operations["transpose"])
    ArrayLike.astype = core.cast
    ArrayLike.flatten = ArrayLike.ravel
    _fill_table(operations)


def _fill_table(operations: dict) -> None:
    for module in (math, core, numpy_operations, linalg):
        namesake = np.linalg if module is linalg else np
        for name, function in vars(module).items():
            if callable(function) and not name.startswith("_") and hasattr(namesake, name):
                NUMPY_FUNCTIONS[name] = function
    NUMPY_FUNCTIONS.update(
        {alias: operations[name] for alias, name in NUMPY_NAMES.items() if name in operations}
    )


install()
