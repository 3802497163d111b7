"""The number of elements and the number of axes of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.ops.define.declare import op, to_array
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation

__all__ = [
    "Ndim",
    "ndim",
    "size",
]


@op("x", spec=lambda x: KerasTensor((), "int32"))
def size(x):
    """The number of elements."""
    return np.asarray(x.size, "int32")


class Ndim(Operation):
    """The operation behind `ndim`."""

    def call(self, x):
        return ndim(x)

    def compute_output_spec(self, x):
        return KerasTensor((len(x.shape),))


def ndim(x: Any) -> int:
    """The number of axes."""
    if isinstance(x, KerasTensor):
        return Ndim().symbolic_call(x)
    return len(x.shape) if hasattr(x, "shape") else to_array(x).ndim
