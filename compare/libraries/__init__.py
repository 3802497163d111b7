"""The libraries that a case can be run in, behind one small interface.

`Library` lists what the kinds of cases need. `MiniCNN`, `Truth` and the three Keras backends are
libraries; which one runs a case, the case's code does not know.
"""

from __future__ import annotations

import importlib
from typing import Any

from compare.libraries.library import Library

EXTRAS = {"tensorflow": "compare", "jax": "compare-jax", "torch": "compare-torch"}
_KERAS = {"tensorflow": "TensorFlow", "jax": "Jax", "torch": "Torch"}


def keras_on(backend: str) -> Library:
    """Real Keras; the process must be one in which nothing has imported Keras yet."""
    module = importlib.import_module(f"compare.libraries.keras_on_{backend}")
    library: Any = getattr(module, _KERAS[backend])
    return library()
