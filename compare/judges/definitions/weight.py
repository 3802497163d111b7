"""A weight: an array with a name that can be assigned."""

from __future__ import annotations

from typing import Any

import numpy as np


class Weight:
    """A named array of a definition. NumPy's functions take it as its value."""

    def __init__(self, value: Any, dtype: Any = None, name: str = "", trainable: bool = True):
        self.value, self.name, self.trainable = np.array(value, dtype), name, trainable

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.value.shape

    def assign(self, value: Any) -> None:
        """Replace the value."""
        self.value = np.array(value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype)
