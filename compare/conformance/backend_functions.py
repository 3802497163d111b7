"""Functions that Keras's backends have and minicnn has in another form."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import minicnn


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
