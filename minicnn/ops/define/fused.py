"""Several operations that one kernel does at once.

What a fused operation means is said by its `definition`, an ordinary function of operations, and
that is where its shape rule comes from and its derivatives of higher order. The kernel and its
gradients only have to be fast: the tests hold them to the definition, and
`config.set_fusion(False)` puts the definition in their place everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minicnn.autodiff import GradientTape, Record, Tensor, is_recording, operations
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.tracing import traced
from minicnn.common.configuration import values as configured
from minicnn.common.dtypes import is_half
from minicnn.ops.define.arguments import array_of
from minicnn.ops.define.declared import Declared, plain_arrays
from minicnn.ops.define.half import FLOAT32, half_type, narrowed, widened
from minicnn.ops.define.primitive import promoted
from minicnn.ops.symbolic.outlining import outline


class Fused(Declared):
    """An operation with a kernel for several steps at once.

    Args:
        definition: the same in operations; its parameters are the operation's.
        kernel: `(*arrays, recorded, **settings)` to the outputs (an array or a tuple) and whatever
            the gradients need of the computation, if there will be any: if the call is `recorded`.
        gradients: `(cotangent, outputs, saved, *arrays, needed, **settings)` to the cotangents of
            all tensors, None where not needed. The cotangent is that of the (first) output.
            Without such a kernel, the gradients are those of the definition.
        tensors, wide: as for `Declared`.
    """

    promote = "float"
    apart = ()

    def __init__(
        self,
        definition: Callable,
        kernel: Callable,
        gradients: Callable | None,
        tensors: Sequence[str],
        wide: bool = False,
    ):
        super().__init__(definition, tensors, wide)
        self.definition = definition
        self.kernel = kernel
        self.gradients = gradients

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given, settings = self.bind(args, kwargs)
        if self.is_symbolic(given):
            return self.call_symbolically(given, settings)
        if not configured.fusion:
            return self.definition(*given, **settings)
        tensors = self.as_tensors(given)
        arrays, compute = plain_arrays(tensors), self._compute
        if arrays is None:
            arrays = promoted(self, tensors)
            compute = self._compute_in_float32 if self.wide else compute
        recorded = is_recording()
        try:
            with quiet():
                result, saved = compute(arrays, recorded, settings)
        except ValueError:
            self.outline(given, settings)  # the shape rules know better what is wrong
            raise
        several = isinstance(result, tuple)
        outputs = [Tensor(array) for array in (result if several else (result,))]
        if recorded:
            self.record(tensors, arrays, outputs, settings, (arrays, saved))
        return tuple(outputs) if several else outputs[0]

    def _compute(self, arrays: list, recorded: bool, settings: dict) -> Any:
        return traced(self.kernel, *arrays, recorded=recorded, **settings)

    def _compute_in_float32(self, arrays: list, recorded: bool, settings: dict) -> Any:
        half = half_type(arrays)
        if half is None:
            return self._compute(arrays, recorded, settings)
        result, saved = self._compute(widened(arrays), recorded, settings)
        return narrowed(result, half), saved

    def outline(self, given: Sequence, settings: dict) -> Any:
        """Shapes and types of the result: those of the definition."""
        return outline(self.definition, *given, **settings)

    def pull_back(
        self, record: Record, cotangents: list, outputs: list, needed: Sequence[bool]
    ) -> list:
        """Cotangents of the inputs where needed, by the kernel where that is enough."""
        tensors, settings, (arrays, saved) = record.arguments
        first, *others = cotangents
        if (
            self.gradients is None
            or first is None
            or is_recording()
            or others != [None] * len(others)
        ):
            return self._by_definition(tensors, settings, cotangents, needed)
        dtype, results = outputs[0].array.dtype, [y.array for y in outputs]
        if self.wide and dtype.itemsize == 2 and is_half(dtype):
            dtype, results, arrays = FLOAT32, widened(results), widened(arrays)
        cotangent = first.array if first.array.dtype == dtype else array_of(first, dtype)
        parts = traced(
            self.gradients, cotangent, results, saved, *arrays, needed=needed, **settings
        )
        return [
            self.fitted(Tensor(part), x) if wanted else None
            for part, x, wanted in zip(parts, tensors, needed, strict=True)
        ]

    def _by_definition(
        self, tensors: list, settings: dict, cotangents: list, needed: Sequence[bool]
    ) -> list:
        """Computes the definition again, whose steps have derivatives of every order.

        Copies keep the tensors apart where one was computed from another.
        """
        with GradientTape() as tape:
            tensors = [
                operations.cast(x, x.dtype) if want else x
                for x, want in zip(tensors, needed, strict=True)
            ]
            outputs = self.definition(*tensors, **settings)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if g is not None]
        wanted = [x for x, want in zip(tensors, needed, strict=True) if want]
        found = iter(tape.gradient([y for y, _ in pairs], wanted, [g for _, g in pairs]))
        return [next(found) if want else None for want in needed]
