"""The list of what is not reached in the Numba backend, and why. All else must be reached.

`UNREACHED` has lines and branches that do not run while nothing is compiled. `NOT_CUT` has kernels
and functions whose work is not cut into many pieces.
"""

from __future__ import annotations

from typing import NamedTuple

PARITY, TESTS = "parity", "tests"
BOTH = (PARITY, TESTS)
FEW = 4  # pieces; a sum of the first few only would be right up to here


class Unreached(NamedTuple):
    """Lines that are not reached.

    Attributes:
        file: below `backend/numba`, or its beginning.
        function: its qualified name; functions in it count, too. "" for all.
        text: only lines with this text. "" for all.
        by: who does not reach them.
        reason: why.
        sometimes: set if they are reached in some runs: timing decides.
    """

    file: str
    function: str
    text: str
    by: tuple[str, ...]
    reason: str
    sometimes: bool = False


COMPILES = "compiles, stores and reads machine code, and computes nothing: tests/.../compiler"
WRITES = "writes instructions; its Python form runs here: tests/.../machine/test_python_forms.py"
OTHER_TYPES = "other types and shapes are NumPy's, whose definitions are the truth of parity"
ERRORS = "after an error or an interrupt, or a change of the number of threads"
TWO = "tiles of 2 × 2 are computed only after config.set_convolution_algorithm"
TIMING = "a helper thread that starts late, or a caller that waits long"

UNREACHED: tuple[Unreached, ...] = (
    Unreached("compiler/", "", "", BOTH, COMPILES),
    Unreached("machine/simd.py", "", "", BOTH, WRITES),
    Unreached("machine/work_pieces.py", "_add", "", BOTH, WRITES),
    Unreached("machine/work_pieces.py", "_read", "", BOTH, WRITES),
    Unreached("machine/work_pieces.py", "_place", "", BOTH, WRITES),
    *(
        Unreached("dropout.py", name, "", BOTH, WRITES)
        for name in "_drop_group _philox _rounds _interleaved _plus _constant _splat".split()
    ),
    Unreached("machine/threads.py", "Job.help", "", BOTH, TIMING, sometimes=True),
    Unreached("machine/threads.py", "Job._sleep", "", BOTH, TIMING, sometimes=True),
    Unreached("machine/work_pieces.py", "all_done_soon", "", BOTH, TIMING, sometimes=True),
    Unreached("machine/threads.py", "Pool._help", "", BOTH, TIMING, sometimes=True),
    Unreached("machine/threads.py", "_forget_pool", "", BOTH, "runs in a forked process"),
    Unreached("machine/threads.py", "", "register_at_fork", BOTH, "another system than Unix"),
    Unreached("machine/threads.py", "Job.stop", "", (PARITY,), ERRORS),
    Unreached("machine/threads.py", "Job.wait", "", (PARITY,), ERRORS),
    Unreached("machine/threads.py", "Pool.run", "", (PARITY,), ERRORS),
    Unreached("machine/threads.py", "Pool.close", "", (PARITY,), ERRORS),
    Unreached("machine/threads.py", "pool", "", (PARITY,), ERRORS),
    *(
        Unreached("", "", text, (PARITY,), OTHER_TYPES)
        for text in (
            "return definition.",
            "not same_float(",
            "not _fits_vectors((parameters",
            "not _fits_vectors(arrays)",
            "x.dtype != np.float32",
            "not _is_float32(x)",
            "return other(",
            "return _gelu(",
            "not (isinstance(x1, np.ndarray)",
        )
    ),
    Unreached("arithmetic.py", "_combine", "return ufunc(x1, x2)", (PARITY,), OTHER_TYPES),
    Unreached("optimizers.py", "_fits_vectors", "", (PARITY,), OTHER_TYPES),
    Unreached("losses.py", "_largest_and_total", "", (PARITY,), "logits are finite"),
    Unreached("conv/winograd/transforms.py", "", "", (PARITY,), TWO),
    Unreached("pool.py", "max_pool_gather", "", (PARITY,), "only gradients of gradients use it"),
    Unreached("pool.py", "_max_pool_gather", "", (PARITY,), "only gradients of gradients use it"),
    *(
        Unreached("optimizers.py", name, "", (PARITY,), "of one weight; parity updates several")
        for name in "adam_step sgd_step momentum_step rmsprop_step _one".split()
    ),
)

# The kernel, or the function that cuts work: by whom it is not cut, and the reason.
NOT_CUT: dict[str, tuple[tuple[str, ...], str]] = {
    "optimizers.py:_address": (BOTH, "the address of one array"),
    "pool.py:_max_pool_gather": ((PARITY,), "only gradients of gradients use it"),
}
