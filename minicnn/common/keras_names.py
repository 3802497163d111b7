"""Keras's public names, to say of one that minicnn lacks that it is Keras's, and what is nearest.

`keras_names.txt` has a line for each module of Keras; `tests/common/test_keras_names.py` holds it
to the installed Keras, and writes it.
"""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from minicnn.common.suggest import near_match

_KINDS = {
    "callbacks": "callback",
    "datasets": "data set",
    "layers": "layer",
    "losses": "loss",
    "metrics": "metric",
    "ops": "operation",
    "optimizers": "optimizer",
}
_TEXT_LAYERS = "minicnn.layers.Embedding of numbers that Python or NumPy made of the words"
_SPECTROGRAMS = "minicnn.ops.stft"
_NETWORKS = "minicnn.saving.load_model, which opens these networks once Keras has saved them"

_NEAREST = {
    "applications": _NETWORKS,
    "HashedCrossing": _TEXT_LAYERS,
    "Hashing": _TEXT_LAYERS,
    "IntegerLookup": "minicnn.layers.CategoryEncoding",
    "MelSpectrogram": _SPECTROGRAMS,
    "STFTSpectrogram": _SPECTROGRAMS,
    "StringLookup": _TEXT_LAYERS,
    "TextVectorization": _TEXT_LAYERS,
    "audio_dataset_from_directory": "minicnn.data.Dataset.from_generator",
    "text_dataset_from_directory": "minicnn.data.Dataset.from_generator",
    "distribution": "minicnn.config.set_threads",
    "quantizers": "minicnn.mixed_precision",
}
"""What does most of the same, where no name that is similar does."""


@functools.cache
def keras_names() -> dict[str, frozenset[str]]:
    """The public names of each module of Keras, by its name below `keras`."""
    lines = Path(__file__).with_suffix(".txt").read_text().splitlines()
    parts = (line.partition(":") for line in lines)
    return {module: frozenset(names.split()) for module, _, names in parts}


def kind_in_keras(module: str | None, name: str) -> str | None:
    """What a name is in Keras ("layer", "loss", "class"), or None where Keras does not have it.

    Args:
        module: as in a file, "keras.layers"; None or inner modules of Keras mean any.
        name: of a class or function.

    >>> kind_in_keras("keras.layers", "TextVectorization"), kind_in_keras(None, "Dens")
    ('layer', None)
    """
    inner = (module or "").removeprefix("keras").removeprefix(".")
    known = keras_names()
    found = inner if name in known.get(inner, ()) else None
    if found is None and (inner in ("", "builtins") or module.startswith("keras.src.")):
        found = next(
            (each for each in sorted(known, key=len, reverse=True) if name in known[each]), None
        )
    if found is None:
        return None
    return _KINDS.get(found.partition(".")[0], "class" if name[0].isupper() else "function")


def nearest(name: str, module: str, known: Iterable[str]) -> str:
    """The last sentence of an error message, beginning with a space: what does most of the same.

    >>> nearest("MaxPoolin2D", "minicnn.layers", ["Dense", "MaxPooling2D"])
    ' The nearest here is minicnn.layers.MaxPooling2D.'
    """
    similar = near_match(name, known)
    found = _NEAREST.get(name) or (f"{module}.{similar}" if similar else None)
    return f" The nearest here is {found}." if found else ""


def missing_in(module: str) -> Callable[[str], Any]:
    """`__getattr__` for a module of minicnn: its error says whether a name is Keras's."""

    def __getattr__(name: str) -> Any:
        text = f"module {module!r} has no attribute {name!r}"
        here = module.removeprefix("minicnn").removeprefix(".")
        if name.startswith("_") or name not in keras_names().get(here, ()):
            raise AttributeError(text)
        text += f". {_sentence(module, here, name)}"
        if _is_from_import(_caller()) and not _is_submodule(module, name):
            raise ImportError(text)  # Python would replace the text of an AttributeError
        raise AttributeError(text)

    return __getattr__


def _sentence(module: str, here: str, name: str) -> str:
    known = [other for other in dir(sys.modules[module]) if not other.startswith("_")]
    kind = kind_in_keras(f"keras.{here}", name) if here else "part"
    article = "an" if kind[0] in "aeiou" else "a"
    return (
        f"It is {article} {kind} of Keras that minicnn does not have.{nearest(name, module, known)}"
    )


def _caller() -> FrameType:
    """The code that looks an attribute of a module up."""
    frame = sys._getframe(2)
    while frame.f_code.co_name == "__getattr__":
        frame = frame.f_back
    return frame


def _is_from_import(frame: FrameType) -> bool:
    """Whether the code of this frame looks a name up for `from module import name`."""
    if frame.f_code.co_name == "_handle_fromlist":
        return True
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"


def _is_submodule(module: str, name: str) -> bool:
    return hasattr(sys.modules[module], "__path__") and find_spec(f"{module}.{name}") is not None
