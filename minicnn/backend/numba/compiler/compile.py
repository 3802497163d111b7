"""How kernels are compiled: lazily, without the interpreter's lock, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from llvmlite.binding import ffi
from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

from minicnn.backend.numba.compiler.code_cache import Kernel
from minicnn.backend.numba.compiler.compile_notice import NOTICE
from minicnn.backend.numba.compiler.freed_memory import keep_freed_memory
from minicnn.backend.numba.compiler.kernel_parts import Part
from minicnn.common.forks import hold_over_forks

# Multiplications and additions may be fused, which only loses a rounding. Nothing may be reordered:
# `(x - largest) - logarithm` would become `x - (largest + logarithm)`, which cancels.
FAST_MATH = {"contract"}
SETTINGS = {
    "nogil": True,
    "fastmath": FAST_MATH,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,  # nobody calls them from C
}
FLOATS = (np.dtype("float32"), np.dtype("float64"))

event.register("numba:compile", NOTICE)
keep_freed_memory()
hold_over_forks(global_compiler_lock)
hold_over_forks(ffi.lib._lock)


def compiled(function: Callable) -> Callable:
    """Compile `function` when it is first called, once for each combination of argument types.

    Kernels release the interpreter's lock, so that `threads.for_chunks` can run them in parallel.
    The machine code is kept on disk (see code_cache.py).

    A kernel may call parts, in its file or another: it is compiled again when one of the files
    that it depends on has a new text (see sources.py).
    """
    return Kernel(function, SETTINGS)


def part(function: Callable) -> Callable:
    """A part of kernels, compiled with and into each kernel that calls it (see parts.py).

    Called from Python it runs as Python.
    """
    return Part(function, SETTINGS)


def inlined(function: Callable) -> Callable:
    """A part of kernels, whose instructions are repeated at each call.

    That keeps the vectors it takes and returns in registers, where the compiler would otherwise
    find it too large for that.
    """
    return Part(function, SETTINGS | {"forceinline": True})


def same_float(*arrays: np.ndarray) -> bool:
    """Whether the arrays have one type, float32 or float64, which are the ones worth compiling."""
    return arrays[0].dtype in FLOATS and all(a.dtype == arrays[0].dtype for a in arrays)


def contiguous(*arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays in row order in memory, and writable; those that are not are copied.

    No kernel writes into them, but to Numba read-only arrays are another type, for which it would
    compile everything again.
    """
    return [array if array.flags.carray else np.array(array, order="C") for array in arrays]
