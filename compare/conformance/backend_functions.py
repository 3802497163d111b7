"""Functions that Keras's backends have and minicnn has in another form."""

from __future__ import annotations

from typing import Any


def get_keras_mask(x: Any) -> Any:
    """The mask of a tensor, or None."""
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x: Any, mask: Any) -> None:
    """Give a tensor a mask."""
    x._keras_mask = mask


def conv_lstm(rank: int, **settings: Any) -> Any:
    """The convolutional LSTM of so many dimensions, which are separate classes in minicnn."""
    import minicnn

    return getattr(minicnn.layers, f"ConvLSTM{rank}D")(**settings)


def random_seed_dtype() -> str:
    """The dtype of a seed generator's state."""
    import minicnn

    return str(minicnn.random.SeedGenerator(0).state.dtype)
