"""Functions that Keras's backends have and minicnn has in another form."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import minicnn
from minicnn.common import shapes
from minicnn.ops.define import specs
from minicnn.ops.numpy import rules


class _TensorFlow(ModuleType):
    """Real TensorFlow with the data sets of minicnn in place of `tf.data`."""

    data = minicnn.data

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module("tensorflow"), name)


tensorflow = _TensorFlow("tensorflow")
removesuffix = str.removesuffix  # Keras has it for older Pythons


def get_keras_mask(x: Any) -> Any:
    """The mask of a tensor, or None."""
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x: Any, mask: Any) -> None:
    """Give a tensor a mask."""
    x._keras_mask = mask


def conv_lstm(rank: int, **settings: Any) -> Any:
    """The convolutional LSTM of so many dimensions, which are separate classes in minicnn."""
    return getattr(minicnn.layers, f"ConvLSTM{rank}D")(**settings)


def random_seed_dtype() -> str:
    """The dtype of a seed generator's state."""
    return str(minicnn.random.SeedGenerator(0).state.dtype)


def shape_equal(shape1: Any, shape2: Any, axis: Any = (), allow_none: bool = True) -> bool:
    """Whether two shapes agree apart from some axes; an unknown length agrees with all or none."""
    axes = (axis,) if isinstance(axis, int) else axis
    same = rules.same_except(shape1, shape2, *axes)
    return same and (allow_none or (None in shape1) == (None in shape2))


def broadcast_shapes(shape1: Any, shape2: Any) -> list:
    """The shape that two shapes broadcast to, as a list."""
    return list(shapes.broadcast_shapes(shape1, shape2))


def reduce_shape(shape: Any, axis: Any = None, keepdims: bool = False) -> tuple:
    """The shape after a reduction."""
    return specs.reduced_shape(tuple(shape), axis, keepdims)


def compute_expand_dims_output_shape(shape: Any, axis: Any) -> tuple:
    """The shape with new axes of length 1."""
    return minicnn.ops.expand_dims(minicnn.KerasTensor(shape), axis).shape
