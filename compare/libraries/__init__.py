"""The libraries that a case can be run in, with one small interface.

`Library` is the interface. `MiniCNN`, `Truth` and Keras on its three backends implement it, so
that the same code runs a case in each of them. `worker` runs Keras in a process of its own.
"""

from __future__ import annotations

import importlib
from typing import Any

from compare.libraries.library import Library

EXTRAS = {"tensorflow": "compare", "jax": "compare-jax", "torch": "compare-torch"}
_KERAS = {"tensorflow": "TensorFlow", "jax": "Jax", "torch": "Torch"}


def keras_on(backend: str) -> Library:
    """Real Keras on a backend; nothing in this process may have imported Keras before."""
    module = importlib.import_module(f"compare.libraries.keras_on_{backend}")
    library: Any = getattr(module, _KERAS[backend])
    return library()
