"""TensorFlow's names for Keras programs: one table from them to minicnn.

`renamed.py` has the functions that differ from `keras.ops` in names only, the other files those
that differ more. Nothing of it is in the library: `minicnn run` alone binds these names.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np

import minicnn
from minicnn.as_keras.tensorflow.registry import NAMES
from minicnn.autodiff import ArrayLike
from minicnn.common.suggest import near_match
from minicnn.ops.symbolic.keras_tensor import KerasTensor

_FILES = (
    "renamed arrays positions maths linalg nn image random random_image files control printing data"
).split()
_TYPES = (
    "bfloat16 bool complex64 complex128 float16 float32 float64 int8 int16 int32 int64 string "
    "uint8 uint16 uint32 uint64"
).split()


def fill() -> dict[str, Any]:
    """The whole table: what stands for each name below `tf`."""
    if "GradientTape" in NAMES:
        return NAMES
    files = {name: importlib.import_module(f"{__name__}.{name}") for name in _FILES}
    from minicnn.as_keras.tensorflow import gradient_tape, shapes, variable

    types = {name: shapes.DType(name) for name in _TYPES}
    types |= {name: shapes.DType(other) for name, other in shapes.ALIASES.items()}
    NAMES.update(types)
    NAMES.update({f"dtypes.{name}": kind for name, kind in types.items()})
    NAMES.update({name: getattr(minicnn, name) for name in _MODULES})
    NAMES.update({f"data.{name}": getattr(minicnn.data, name) for name in _DATA})
    NAMES.update({f"data.experimental.{name}": NAMES[f"data.{name}"] for name in _DATA[1:]})
    NAMES.update(
        {
            "DType": shapes.DType,
            "dtypes.DType": shapes.DType,
            "GradientTape": gradient_tape.GradientTape,
            "UnconnectedGradients": gradient_tape.UnconnectedGradients,
            "Tensor": minicnn.Tensor,
            "TensorArray": files["control"].TensorArray,
            "TensorShape": shapes.TensorShape,
            "TensorSpec": minicnn.data.TensorSpec,
            "data.Options": files["data"].Options,
            "data.experimental.AutoShardPolicy": files["data"].AutoShardPolicy,
            "Variable": variable.Variable,
            "as_dtype": shapes.as_dtype,
            "dtypes.as_dtype": shapes.as_dtype,
            "experimental.numpy": minicnn.ops.numpy,
            "image.ResizeMethod": files["image"].ResizeMethod,
            "newaxis": None,
            "random.Generator": files["random"].Generator,
        }
    )
    return NAMES


_MODULES = ("initializers", "losses", "metrics", "optimizers")
_DATA = ("Dataset", "AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY")


_NEAREST = {
    "RaggedTensor": "keras.utils.pad_sequences",
    "SparseTensor": "tf.Tensor",
    "compat": "the same name below tf",
    "distribute": "minicnn.config.set_threads",
    "io.TFRecordWriter": "numpy.savez",
    "data.TFRecordDataset": "tf.data.Dataset.from_generator",
    "data.TextLineDataset": "tf.data.Dataset.from_generator",
    "feature_column": "keras.layers.CategoryEncoding",
    "lite": "keras.Model.save",
    "lookup": "keras.layers.CategoryEncoding",
    "Module": "keras.layers.Layer",
    "profiler": "minicnn.analysis.profile",
    "py_func": "tf.py_function",
    "saved_model": "keras.Model.save",
    "summary": "keras.callbacks.TensorBoard",
    "train.Checkpoint": "keras.Model.save_weights",
    "train.CheckpointManager": "keras.callbacks.ModelCheckpoint",
    "train.latest_checkpoint": "keras.Model.load_weights",
    "xla": "tf.function",
}
"""What does most of the same, where no name that is similar does."""


def nearest(name: str) -> str:
    """The last sentence of an error message, beginning with a space: what to use instead."""
    path = name.removeprefix("tensorflow.")
    found = next((_NEAREST[key] for key in _NEAREST if f"{path}.".startswith(f"{key}.")), None)
    last = path.rpartition(".")[2]
    if found is None and hasattr(minicnn.ops, last):
        found = f"keras.ops.{last}"
    if found is None:
        found = _similar(path, last)
    return f" The nearest here is {found}." if found else " Use keras.ops or NumPy there."


def _similar(path: str, last: str) -> str | None:
    by_last = {known.rpartition(".")[2]: known for known in sorted(fill(), key=len, reverse=True)}
    if last in by_last:
        return f"tf.{by_last[last]}"
    match = near_match(last, by_last)
    if match:
        return f"tf.{by_last[match]}"
    match = near_match(last, [each for each in dir(minicnn.ops) if each[0] != "_"])
    return f"keras.ops.{match}" if match else None


def is_module(name: str) -> bool:
    """Whether the table has names below this one, such as "tensorflow.math"."""
    below = name.removeprefix("tensorflow.") + "."
    return any(known.startswith(below) for known in fill()) or below[:-1] in _MODULES


def add_methods() -> None:
    """Gives tensors the methods that only TensorFlow's have."""
    from minicnn.as_keras.tensorflow.shapes import TensorShape

    for kind in (minicnn.Tensor, minicnn.Variable, KerasTensor):
        kind.get_shape = lambda self: TensorShape(self.shape)
    # Numbers are scalars of NumPy, which can be keys of dicts, and not arrays without axes.
    minicnn.Tensor.numpy = lambda self: self._read().copy()[()]
    minicnn.Tensor.__array_function__ = _by_numpy


def _by_numpy(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's functions give arrays, also while a tape records; symbolic tensors stay symbolic."""
    if any(issubclass(kind, KerasTensor) for kind in types):
        return super(minicnn.Tensor, self).__array_function__(function, types, args, kwargs)
    values = minicnn.tree.map_structure(
        lambda x: np.array(x) if isinstance(x, ArrayLike) else x, (args, kwargs)
    )
    return function(*values[0], **values[1])


class Names(ModuleType):
    """`tensorflow` or a module of it: the names of the table, and errors for all others."""

    def __init__(self, name: str, missing: Any):
        super().__init__(name)
        self._missing = missing
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self.__name__}.{name}".removeprefix("tensorflow.")
        table = fill()
        if path in table:
            found = table[path]
        elif any(known.startswith(f"{path}.") for known in table):
            found = Names(f"tensorflow.{path}", self._missing)
        else:
            raise AttributeError(self._missing(f"tensorflow.{path}"))
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        below = self.__name__.removeprefix("tensorflow").lstrip(".")
        start = f"{below}." if below else ""
        known = {path[len(start) :].split(".")[0] for path in fill() if path.startswith(start)}
        return sorted({*known, *vars(self)})
