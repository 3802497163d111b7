"""Binds the names `keras` and `tensorflow.keras` to minicnn in this process.

`import keras.layers` gives the module `minicnn.layers` itself under a second name, and so on for
every module below, so no module is loaded twice. Of TensorFlow the names in the table of
`as_keras/tensorflow` are bound; any other is an error that says which name, where, and what is
nearest.
"""

from __future__ import annotations

import functools
import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import minicnn
from minicnn.as_keras import tensorflow
from minicnn.common.keras_names import nearest
from minicnn.version import KERAS_VERSION, __version__

_RUNNER = tuple(str(Path(__file__).parents[1] / folder) for folder in ("as_keras", "cli"))
_KERAS = ("keras", "tensorflow.keras")


def bind() -> None:
    """Bind the names. The real Keras and TensorFlow must not have been imported before."""
    keras = _Keras("keras")
    keras.backend = _Backend("keras.backend")
    tf = tensorflow.Names("tensorflow", _unbound)
    tf.keras, tf.__version__ = keras, f"2.16.0+minicnn.{__version__}"  # its tf.keras is Keras 3
    for name, module in {"keras": keras, "tensorflow": tf, "tensorflow.keras": keras}.items():
        module.__path__ = []  # a package: there are modules below it
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        sys.modules[name] = module
    for name in _KERAS:
        sys.modules[f"{name}.backend"] = keras.backend
    sys.meta_path.insert(0, _Finder())
    tensorflow.add_methods()


def is_internal(file: str) -> bool:
    """Whether a source file belongs to `minicnn run` or to Python's import system."""
    return file.startswith((*_RUNNER, "<frozen importlib"))


class _Keras(ModuleType):
    """minicnn with Keras's version number, which programs check."""

    __version__ = KERAS_VERSION

    def __getattr__(self, name: str) -> Any:
        if hasattr(minicnn, name):
            return getattr(minicnn, name)
        raise AttributeError(_missing(f"keras.{name}"), name=name, obj=self)

    def __dir__(self) -> list[str]:
        return dir(minicnn)


class _Backend(ModuleType):
    """minicnn.backend with the functions of Keras 2, loaded when they are first used."""

    def __getattr__(self, name: str) -> Any:
        from minicnn.as_keras import old_backend

        return getattr(old_backend, name)

    def __dir__(self) -> list[str]:
        from minicnn.as_keras import old_backend

        return dir(old_backend)


class _Finder(MetaPathFinder, Loader):
    """Finds `keras.x.y` and `tensorflow.keras.x.y` at `minicnn.x.y`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith(("keras.", "tensorflow.")):
            return None
        for keras in _KERAS:
            if name.startswith(f"{keras}."):
                return ModuleSpec(name, self, origin="minicnn" + name.removeprefix(keras))
        if tensorflow.is_module(name):
            return ModuleSpec(name, self, origin=name)
        # Without its `name`, so that `from tensorflow import x` does not replace the text.
        raise ModuleNotFoundError(_unbound(name))

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec.origin.startswith("tensorflow."):
            parts = spec.origin.split(".")[1:]
            sys.modules[spec.name] = functools.reduce(getattr, parts, sys.modules["tensorflow"])
            return
        try:
            sys.modules[spec.name] = importlib.import_module(spec.origin)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{spec.origin}.".startswith(f"{error.name}."):
                raise
            raise ModuleNotFoundError(_missing(spec.name)) from None


def _missing(name: str) -> str:
    module, _, last = name.rpartition(".")
    here = "minicnn" + module.removeprefix("keras")
    known = dir(sys.modules[here]) if here in sys.modules else ()
    return f"{_place()} uses {name}, which minicnn does not have.{nearest(last, here, known)}"


def _unbound(name: str) -> str:
    return f"{_place()} uses {name}, which minicnn does not have.{tensorflow.nearest(name)}"


def _place() -> str:
    """The file and line of the code that uses the name."""
    frame = sys._getframe()
    while frame.f_back is not None and is_internal(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
