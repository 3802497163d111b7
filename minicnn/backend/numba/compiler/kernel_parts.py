"""Parts of compiled functions: functions that only compiled functions call.

For every compiled function Numba makes a wrapper for calls from Python and C, optimizes it and
translates it to machine code; then again inside each function that calls it. A part is only
translated to LLVM's instructions, which are put into the functions that call it and optimized
there. That halves the compile time of a first program.

Source: numba/core/compiler.py (`pipeline_class`) and numba/core/codegen.py (`CodeLibrary`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher


class Part(CPUDispatcher):
    """A function that is compiled for each combination of argument types a kernel calls it with."""

    def __init__(self, function: Callable, settings: dict[str, Any]):
        settings = settings | {"nopython": True, "no_cpython_wrapper": True}
        super().__init__(function, targetoptions=settings, pipeline_class=_Compiler)

    def __call__(self, *arguments: Any) -> Any:
        """Run the Python code: there is no machine code that Python could call."""
        return self.py_func(*arguments)

    def get_call_template(self, arguments: Sequence[types.Type], named: dict) -> tuple:
        """Called by Numba for a call in compiled code; constants such as 4 count as integers."""
        return super().get_call_template([types.unliteral(kind) for kind in arguments], named)


class _Compiler(Compiler):
    """Numba's compiler, with a library of instructions instead of machine code."""

    def __init__(self, typing: Any, target: Any, library: None, *rest: Any):
        super().__init__(typing, target, _Instructions(target.codegen(), "part"), *rest)


class _Instructions(JITCodeLibrary):
    """The unoptimized instructions of a part and of the parts that it calls."""

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        """Do nothing: the library of the calling function does this."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    @property
    def codegen(self) -> Any:
        """Numba calls `set_env` of it, which has nothing to do without machine code."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing: without machine code there is no place for constants."""
