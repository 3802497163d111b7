"""Parts of kernels: functions that only compiled functions call.

Numba treats all compiled functions alike: it makes a way to call one from Python and from C,
optimizes it and turns it into machine code. Then it does most of that again for each function that
calls it. Of a part only the last counts: its instructions are put into the kernels that call it,
to be optimized and turned into machine code there. That halves the wait of a first program.

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
        """There is no machine code that Python could call."""
        return self.py_func(*arguments)

    def get_call_template(self, arguments: Sequence[types.Type], named: dict) -> tuple:
        """What Numba asks for a call in a kernel; 4 and 64 are no types of their own here."""
        return super().get_call_template([types.unliteral(kind) for kind in arguments], named)


class _Compiler(Compiler):
    """Numba's, into a library of instructions instead of machine code."""

    def __init__(self, typing: Any, target: Any, library: None, *rest: Any):
        super().__init__(typing, target, _Instructions(target.codegen(), "part"), *rest)


class _Instructions(JITCodeLibrary):
    """The instructions as Numba wrote them, with those of the parts that they call."""

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        """The kernel's library does that."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    @property
    def codegen(self) -> Any:
        """Numba tells it the place of a function's constants, which has none without code."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing to be set."""
