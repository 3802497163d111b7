"""Declares compiled functions: `@compiled`, and their parts, `@part` and `@inlined`.

They are compiled at the first call, run without the interpreter's lock, and their machine code is
stored on disk. In this folder "kernel" means a compiled function that Python calls; elsewhere in
`backend/numba/conv` it means the kernel of a convolution.

With the environment variable NUMBA_DISABLE_JIT=1 nothing is compiled: all of them are the Python
functions that they are written as, for a debugger (see `python_forms.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from llvmlite.binding import ffi
from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

from minicnn.backend.numba.compiler import python_forms
from minicnn.backend.numba.compiler.code_cache import Kernel
from minicnn.backend.numba.compiler.compile_notice import NOTICE
from minicnn.backend.numba.compiler.freed_memory import keep_freed_memory
from minicnn.backend.numba.compiler.kernel_parts import Part
from minicnn.common.forks import hold_over_forks

# Multiplications and additions may be fused, which omits a rounding. Sums may not be reordered:
# `(x - largest) - logarithm` would become `x - (largest + logarithm)`, which cancels.
FAST_MATH = {"contract"}
SETTINGS = {
    "nogil": True,
    "fastmath": FAST_MATH,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,  # they are never called from C
}
FLOATS = (np.dtype("float32"), np.dtype("float64"))

event.register("numba:compile", NOTICE)
keep_freed_memory()
hold_over_forks(global_compiler_lock)
hold_over_forks(ffi.lib._lock)


def compiled(function: Callable) -> Callable:
    """Decorator: compiles a function when it is first called, for each combination of types.

    It releases the interpreter's lock, so that several threads can run it at the same time. The
    machine code is stored on disk (see code_cache.py), and compiled again when the text of a file
    that it depends on has changed (see source_digest.py). It may call parts, of any file.
    """
    return function if numba.config.DISABLE_JIT else Kernel(function, SETTINGS)


def part(function: Callable) -> Callable:
    """Decorator: a function that compiled functions call, compiled into each (kernel_parts.py).

    A call from Python runs the Python code.
    """
    return function if numba.config.DISABLE_JIT else Part(function, SETTINGS)


def inlined(function: Callable) -> Callable:
    """Decorator: a part whose instructions are repeated at each call.

    So the vectors that it takes and returns stay in registers, also if it is large.
    """
    if numba.config.DISABLE_JIT:
        return function
    return Part(function, SETTINGS | {"forceinline": True})


def intrinsic(function: Callable) -> Callable:
    """Decorator: an operation in compiled functions, whose instructions `function` writes.

    It is `numba.extending.intrinsic`. Python cannot call it, so if nothing is compiled it is the
    function of the same name in `python_forms.py`.
    """
    if numba.config.DISABLE_JIT:
        return getattr(python_forms, function.__name__)
    return numba.extending.intrinsic(function)


def same_float(*arrays: np.ndarray) -> bool:
    """Whether all arrays are float32, or all float64: the types that are compiled."""
    return arrays[0].dtype in FLOATS and all(a.dtype == arrays[0].dtype for a in arrays)


def contiguous(*arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays in row order and writable; others are copied.

    They are not written, but Numba would compile everything again for read-only arrays, which are a
    type of their own.
    """
    return [array if array.flags.carray else np.array(array, order="C") for array in arrays]
