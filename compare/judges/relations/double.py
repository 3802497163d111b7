"""Keras in float64."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from compare.libraries.library import Library

HAVE_DOUBLE = ("tensorflow", "torch")  # JAX has no float64 unless the process starts with it


class Double(Library):
    """A library that computes in float64; a part of the classes that `in_double` makes."""

    def array(self, x: np.ndarray) -> np.ndarray:
        """Converts floats to float64."""
        return x.astype("float64") if x.dtype.kind == "f" else x


@contextlib.contextmanager
def in_double(library: Library, *parts: type) -> Iterator[Library]:
    """Context with the library in float64; `parts` are classes with further methods of it."""
    config = library.keras.config
    floatx, policy = config.floatx(), config.dtype_policy()
    config.set_floatx("float64")
    config.set_dtype_policy("float64")
    try:
        yield type("Double", (*parts, Double, type(library)), {})()
    finally:
        config.set_floatx(floatx)
        config.set_dtype_policy(policy)
