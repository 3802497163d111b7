"""The libraries that are timed: minicnn, real Keras on each of its backends, and plain PyTorch."""

from __future__ import annotations

import importlib.util
import os
from typing import Any, NamedTuple

OURS = "minicnn"
TENSORFLOW = ("Keras-TF", "Keras-TF-jit")
"""Keras's default on a CPU is `jit_compile=False` for some models, `True` for others."""

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
}


class Library(NamedTuple):
    """A library with certain settings; each uses its default number of threads."""

    name: str
    module: str
    backend: str | None = None
    compile_settings: dict[str, Any] = {}
    layout: str | None = None  # of images in memory, for PyTorch

    def installed(self) -> bool:
        """Whether the library is installed."""
        modules = [self.module, *([self.backend] if self.backend else [])]
        return all(importlib.util.find_spec(name) for name in modules)

    @property
    def has_keras_api(self) -> bool:
        """Whether networks for Keras run on it: those of users, and programs that call `fit`."""
        return self.layout is None

    def waits_after_computing(self) -> bool:
        """Whether `fit` and `predict` may wait at their end, when everything is computed.

        On TensorFlow they wait for a thread that tunes the data pipeline; it wakes 10 ms, 30 ms,
        70 ms ... after the start.
        """
        return self.backend == "tensorflow"

    def environment(self) -> dict[str, str]:
        """The environment variables of a process that uses the library."""
        chosen = {"KERAS_BACKEND": self.backend} if self.backend else {}
        return {**QUIET, **os.environ, **chosen}


LIBRARIES = (
    Library(OURS, "minicnn"),
    Library(TENSORFLOW[0], "keras", "tensorflow", {"jit_compile": False}),
    Library(TENSORFLOW[1], "keras", "tensorflow", {"jit_compile": True}),
    Library("Keras-JAX", "keras", "jax"),
    Library("Keras-torch", "keras", "torch"),
    Library("PyTorch", "torch", layout="contiguous"),
    Library("PyTorch-nhwc", "torch", layout="channels_last"),
)
KERAS = tuple(library.name for library in LIBRARIES if library.module == "keras")
PYTORCH = tuple(library.name for library in LIBRARIES if library.module == "torch")
"""Which of the two layouts is faster depends on the network; a ratio is that to the better one."""

NAMED = {library.name: library for library in LIBRARIES}
