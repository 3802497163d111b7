"""What is timed: minicnn, and real Keras on each of its backends."""

from __future__ import annotations

import importlib.util
import os
from typing import Any, NamedTuple

OURS = "minicnn"
TENSORFLOW = ("Keras-TF", "Keras-TF-jit")
"""Keras's default on a processor is `jit_compile=False` for some models, `True` for others."""

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
}


class Library(NamedTuple):
    """A library in one of its settings; all run with as many threads as they take by themselves."""

    name: str
    module: str
    backend: str | None = None
    compile_settings: dict[str, Any] = {}

    def installed(self) -> bool:
        """Whether it can be timed here."""
        modules = [self.module, *([self.backend] if self.backend else [])]
        return all(importlib.util.find_spec(name) for name in modules)

    def waits_idly(self) -> bool:
        """Whether `fit` and `predict` may go on waiting, as long again, when all is computed.

        On TensorFlow a thread that tunes the data pipeline wakes 10 ms, 30 ms, 70 ms ... after the
        start, and they wait for it.
        """
        return self.backend == "tensorflow"

    def environment(self) -> dict[str, str]:
        """The environment of a process that uses it."""
        chosen = {"KERAS_BACKEND": self.backend} if self.backend else {}
        return {**QUIET, **os.environ, **chosen}


LIBRARIES = (
    Library(OURS, "minicnn"),
    Library(TENSORFLOW[0], "keras", "tensorflow", {"jit_compile": False}),
    Library(TENSORFLOW[1], "keras", "tensorflow", {"jit_compile": True}),
    Library("Keras-JAX", "keras", "jax"),
    Library("Keras-torch", "keras", "torch"),
)
NAMED = {library.name: library for library in LIBRARIES}
