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
from minicnn.common import configuration
from minicnn.common.dtypes import is_half
from minicnn.ops.define.arguments import array_of
from minicnn.ops.define.half import FLOAT32, half_type, narrowed, widened
from minicnn.ops.define.primitive import Primitive
from minicnn.ops.symbolic.operation import outline


class Fused(Primitive):
    """A primitive with kernels for several steps at once.

    Args:
        definition: the same in operations, with the parameters of `forward`.
        forward: `(*arrays, recorded, **settings)` to the outputs (an array or a tuple) and whatever
            the gradients want to know, if there will be any: if the call is `recorded`.
        gradients: `(cotangent, outputs, known, *arrays, needed, **settings)` to the cotangents of
            all tensors, None where not needed. The cotangent is that of the (first) output.
            Without such a kernel, the gradients are those of the definition.
    """

    def __init__(
        self,
        definition: Callable,
        forward: Callable,
        gradients: Callable | None,
        tensors: Sequence[str],
        wide: bool = False,
    ):
        super().__init__(definition, tensors, spec=None, promote="float", wide=wide)
        self.definition = definition
        self.kernel = forward
        self.gradients = gradients
        self.differentiable = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given, settings = self.bind(args, kwargs)
        compute = self._kernel
        tensors = self._float32_tensors(given)
        if tensors is None and self._any_symbolic(given):
            return self.draw(given, settings)
        if not configuration.fusion():
            return self.definition(*given, **settings)
        if tensors is not None:
            arrays = [None if x is None else x.array for x in tensors]
        else:
            tensors = self._as_tensors(given)
            arrays = self._promoted(tensors)
            compute = self._kernel_in_float32 if self.wide else compute
        recorded = is_recording()
        try:
            with quiet():
                result, known = compute(arrays, recorded, settings)
        except ValueError:
            self.outline(given, settings)  # the shape rules know better what is wrong
            raise
        several = isinstance(result, tuple)
        outputs = [Tensor(array) for array in (result if several else (result,))]
        if recorded:
            self._record(tensors, arrays, outputs, settings, (arrays, known))
        return tuple(outputs) if several else outputs[0]

    def _kernel(self, arrays: list, recorded: bool, settings: dict) -> Any:
        return traced(self.kernel, *arrays, recorded=recorded, **settings)

    def _kernel_in_float32(self, arrays: list, recorded: bool, settings: dict) -> Any:
        half = half_type(arrays)
        if half is None:
            return self._kernel(arrays, recorded, settings)
        result, known = self._kernel(widened(arrays), recorded, settings)
        return narrowed(result, half), known

    def outline(self, tensors: Sequence, settings: dict) -> Any:
        """Shapes and types of the result: those of the definition."""
        return outline(self.definition, *tensors, **settings)

    def pull_back(
        self, record: Record, cotangents: list, outputs: list, needed: Sequence[bool]
    ) -> list:
        """Cotangents of the inputs where needed, by the kernel where that is enough."""
        tensors, settings, (arrays, known) = record.arguments
        first, *others = cotangents
        plain = first is not None and all(g is None for g in others)
        if self.gradients is None or not plain or is_recording():
            return self._by_definition(tensors, settings, cotangents, needed)
        dtype, results = outputs[0].array.dtype, [y.array for y in outputs]
        if self.wide and is_half(dtype):
            dtype, results, arrays = FLOAT32, widened(results), widened(arrays)
        cotangent = array_of(first, dtype)
        parts = traced(
            self.gradients, cotangent, results, known, *arrays, needed=needed, **settings
        )
        return [
            self._fitted(Tensor(part), x) if wanted else None
            for part, x, wanted in zip(parts, tensors, needed, strict=True)
        ]

    def _by_definition(
        self, tensors: list, settings: dict, cotangents: list, needed: Sequence[bool]
    ) -> list:
        """Computes the definition again, whose steps have derivatives of every order.

        Stand-ins keep the tensors apart where one was computed from another.
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
