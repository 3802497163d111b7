"""What is declared `wide` is computed in float32 where the tensors are float16 or bfloat16.

A sum in float16 stops growing at 2048 if it is made of ones (in bfloat16 at 256), and it cannot
exceed 65,504. So whatever adds up many numbers takes its tensors in float32, and what it gives is
rounded once. Its derivatives are computed in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import Tensor, operations
from minicnn.autodiff.tracing import traced
from minicnn.common.dtypes import is_half, is_inexact, numpy_dtype, result_type

FLOAT32 = np.dtype("float32")


def at_least_float32(x: Any) -> Any:
    """A tensor in float32, or as it is if it is float64."""
    dtype = numpy_dtype(result_type(x.dtype, "float32"))
    return x if x.dtype == dtype else operations.cast(x, dtype)


def half_type(xs: list) -> np.dtype | None:
    """float16 or bfloat16 if the first floats among arrays (or tensors, or lists of them) are."""
    for x in xs:
        if isinstance(x, list):
            x = next(iter(x), None)
        if isinstance(x, (np.ndarray, Tensor)) and is_inexact(x.dtype):
            return x.dtype if is_half(x.dtype) else None
    return None


def common_half_type(xs: list) -> np.dtype | None:
    """float16 or bfloat16 if all floats among tensors are of this type."""
    types = {x.dtype for x in xs if isinstance(x, Tensor) and is_inexact(x.dtype)}
    return half_type(xs) if len(types) == 1 else None


def widened(x: Any) -> Any:
    """An array or a tensor (or a list of them) in float32 if it was float16 or bfloat16."""
    if isinstance(x, list):
        return [widened(item) for item in x]
    if isinstance(x, np.ndarray):
        return traced(np.ndarray.astype, x, FLOAT32) if is_half(x.dtype) else x
    return operations.cast(x, FLOAT32) if isinstance(x, Tensor) and is_half(x.dtype) else x


def narrowed(x: Any, dtype: np.dtype) -> Any:
    """What was computed from `widened` arrays or tensors: float32 becomes `dtype` again."""
    if isinstance(x, (list, tuple)):
        return type(x)(narrowed(item, dtype) for item in x)
    if isinstance(x, Tensor):
        return operations.cast(x, dtype) if x.dtype == FLOAT32 else x
    x = x if type(x) is np.ndarray else traced(np.asarray, x)
    return traced(np.ndarray.astype, x, dtype) if x.dtype == FLOAT32 else x
