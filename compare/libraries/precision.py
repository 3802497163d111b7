"""The precisions in which cases are computed: float32, and 16 bits under a mixed policy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Precision(NamedTuple):
    """A type of floats, and what rounding to it changes.

    Attributes:
        name: of the type.
        policy: the dtype policy under which layers compute in this type.
        unit: the largest relative error of rounding to it.
        smallest: the largest absolute error of rounding a number close to zero.
    """

    name: str
    policy: str
    unit: float
    smallest: float = 0.0

    @property
    def is_half(self) -> bool:
        """Whether it has 16 bits."""
        return self.unit > 2.0**-24

    def rounded(self, x: np.ndarray) -> np.ndarray:
        """The floats rounded to this precision, in the same type; other arrays as they are.

        >>> PRECISIONS["bfloat16"].rounded(np.array([1.001, 1.004]))
        array([1.       , 1.0078125])
        """
        if x.dtype.kind != "f" or not self.is_half:
            return x
        spacing = np.maximum(np.ldexp(self.unit, np.frexp(x)[1]), 2 * self.smallest)
        return np.asarray(np.round(x / spacing) * spacing, x.dtype)


FLOAT32 = Precision("float32", "float32", 2.0**-24)
HALVES = (
    Precision("float16", "mixed_float16", 2.0**-11, 2.0**-25),
    Precision("bfloat16", "mixed_bfloat16", 2.0**-8),
)
PRECISIONS = {precision.name: precision for precision in (FLOAT32, *HALVES)}
