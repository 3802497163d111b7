"""Arguments and inputs for the classes without a small example of their own, by their names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from minicnn import layers, losses, ops, optimizers
from minicnn.layers.merging.base_merge import Merge
from minicnn.layers.preprocessing.image_layer import ImageLayer
from minicnn.layers.preprocessing.random_colors import ColorLayer
from minicnn.layers.rnn.base_cell import BaseRNNCell

Layer = layers.Layer

_GUESSES: dict[str, Any] = {
    "filters": 1, "kernel_size": 2, "units": 2, "rate": 0.5, "n": 2, "stddev": 1.0, "scale": 2.0,
    "input_dim": 5, "output_dim": 3, "target_shape": (-1,), "dims": (1,), "max_value": 3.0,
    "output_size": 2, "height": 3, "width": 3, "activation": "tanh", "alpha": 0.3, "pool_size": 2,
    "factor": 0.2, "height_factor": 0.3, "width_factor": 0.3, "function": ops.square,
    "cell": layers.SimpleRNNCell(2), "layer": layers.Dense(2),
    "cells": [layers.SimpleRNNCell(2), layers.SimpleRNNCell(2)],
    "inner_optimizer": optimizers.SGD(0.1),
}  # fmt: skip
"""Arguments that a class needs, by their names."""

_SETTINGS: dict[type, dict[str, Any]] = {
    layers.Bidirectional: {"layer": layers.SimpleRNN(2, return_sequences=True)},
    layers.CategoryEncoding: {"num_tokens": 5},
    layers.Cropping1D: {"cropping": 1},
    layers.Cropping2D: {"cropping": 1},
    layers.Cropping3D: {"cropping": 1},
    layers.Dot: {"axes": 1},
    optimizers.LossScaleOptimizer: {"initial_scale": 4.0},
    layers.RandomFlip: {"seed": 2},
    layers.GroupNormalization: {"groups": 2},
    layers.RandomRotation: {"factor": 0.1},
    layers.Permute: {"dims": (2, 1)},
    layers.Reshape: {"target_shape": (2, 2)},
    layers.EinsumDense: {"equation": "ab,bc->ac", "output_shape": 2, "bias_axes": "c"},
    layers.MultiHeadAttention: {"num_heads": 2, "key_dim": 1, "use_bias": False},
    layers.Attention: {"use_scale": True},
    layers.Discretization: {"bin_boundaries": [-1.0, 0.0, 1.5], "output_mode": "one_hot"},
    layers.AutoContrast: {"value_range": (0, 8)},
    layers.Equalization: {"value_range": (0, 4), "bins": 5},
    layers.RandomColorDegeneration: {"value_range": (0, 4)},
    layers.RandomColorJitter: {
        "value_range": (0, 4),
        "brightness_factor": 0.1,
        "contrast_factor": 0.3,
        "saturation_factor": (0.3, 0.7),
        "hue_factor": 0.2,
    },
    layers.RandomErasing: {"factor": (1.0, 1.0), "scale": (0.2, 0.5), "fill_value": 0},
    layers.RandomElasticTransform: {"factor": (1.0, 1.0), "scale": (1.0, 1.0)},
    layers.RandomGaussianBlur: {"factor": (1.0, 1.0), "sigma": (0.5, 1.0)},
    layers.RandomGrayscale: {"factor": 1.0},
    layers.RandomPerspective: {"factor": (1.0, 1.0)},
    layers.RandomHue: {"value_range": (0, 4)},
    layers.RandomInvert: {"value_range": (0, 4), "factor": (1.0, 1.0)},
    layers.RandomPosterization: {"value_range": (0, 4), "factor": (2, 2)},
    layers.RandomSaturation: {"value_range": (0, 1), "factor": (0.3, 0.4)},
    layers.RandomSharpness: {"value_range": (0, 4)},
    layers.RandomShear: {"x_factor": 0.5, "y_factor": 0.2},
    layers.Solarization: {"value_range": (0, 4), "threshold_factor": (0.5, 0.5)},
}
"""What a class is given where a name does not say enough."""

_CHOICES_OF: dict[type, dict[str, tuple]] = {
    layers.RandomGaussianBlur: {"kernel_size": (3, 1, 5)},
}
"""Choices of a class that cannot take all of those below."""

_CHOICES: dict[str, tuple] = {
    "units": (2, 1, 3), "filters": (1, 2), "kernel_size": (2, 1, 3), "pool_size": (2, 3),
    "rate": (0.5, 0.2, 0.8), "n": (2, 3), "output_size": (2, 1, 3), "size": (2, 3), "axes": (1,),
    "activation": ("tanh", "relu", "sigmoid", "linear"), "negative_slope": (0.3, 0.1, 0.5),
    "epsilon": (1e-3, 1e-5, 0.1), "alpha": (1.0, 0.5, 2.0), "stddev": (1.0, 0.5, 0.1),
    "delta": (1.0, 0.1, 0.5), "gamma": (2.0, 1.0, 0.0), "q": (0.5, 0.1, 0.9), "seed": (1, 2, 3),
    "scale": (2.0, 0.5, -1.0), "offset": (0.0, 1.0, -1.0), "factor": (0.2, 0.5, 0.9),
    "return_sequences": (False, True), "go_backwards": (False, True), "padding": ("valid", "same"),
    "interpolation": ("nearest", "bilinear"), "reset_after": (True, False),
    "merge_mode": ("concat", "sum", "mul", "ave"), "learning_rate": (0.1, 0.01, 0.3, 1.0),
    "momentum": (0.0, 0.5, 0.9), "beta_1": (0.9, 0.5, 0.1), "beta_2": (0.999, 0.9, 0.5),
    "rho": (0.95, 0.5, 0.99), "l1": (0.0, 0.1), "l2": (0.0, 0.1), "threshold": (0.0, 1.0),
}  # fmt: skip
"""Values that a reader may choose from, by the name of the argument."""

_INTEGERS = {layers.CategoryEncoding: 5, losses.Circle: 2}
_INTEGERS |= {losses.CategoricalGeneralizedCrossEntropy: 4}
"""Classes that take whole numbers, as inputs or labels, and the number that these are below."""

_LISTS = (Merge, layers.Attention, layers.MultiHeadAttention)
"""Layers that are called with several inputs."""

APART = (layers.MultiHeadAttention,)
"""Those of them that take each input as an argument of its own, not all in a list."""

_SHAPES: tuple[tuple[Any, tuple[int, ...]], ...] = (
    (
        (
            ColorLayer,
            layers.RandomGrayscale,
            layers.RandomColorDegeneration,
            layers.RandomColorJitter,
        ),
        (1, 3, 3, 3),
    ),
    (ImageLayer, (1, 4, 4, 1)),
    (layers.Flatten, (1, 2, 2, 2)),
    (
        (
            layers.RNN,
            BaseRNNCell,
            layers.StackedRNNCells,
            layers.TimeDistributed,
            layers.Masking,
            layers.Bidirectional,
            layers.Attention,
        ),
        (1, 3, 2),
    ),
    (layers.MultiHeadAttention, (1, 2, 2)),
    (layers.Permute, (1, 3, 2)),
    ((layers.UpSampling3D, layers.ZeroPadding3D), (1, 2, 2, 2, 1)),
    (losses.Circle, (4, 2)),
)


def general(cls: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a class, and what its example is computed on."""
    parameters = inspect.signature(cls).parameters
    needed = [p for p, about in parameters.items() if about.default is about.empty]
    settings = {p: _GUESSES[p] for p in needed if p in _GUESSES} | _SETTINGS.get(cls, {})
    if "seed" in parameters:
        settings.setdefault("seed", 1)
    known = {p: settings.get(p, about.default) for p, about in parameters.items()}
    table = _CHOICES | _CHOICES_OF.get(cls, {})
    choices = {p: table[p] for p, value in known.items() if value in table.get(p, ())}
    if "learning_rate" in parameters:
        choices["learning_rate"] = _CHOICES["learning_rate"]
    settings |= {p: known[p] for p in choices if known.get(p) in choices[p]}
    more: dict[str, Any] = {"shape": next(shapes(cls)), "integers": _INTEGERS.get(cls, 0)}
    more["choices"] = choices
    if issubclass(cls, _LISTS):
        more["inputs"] = 2
    return settings, more


def shapes(cls: type) -> Iterator[tuple[int, ...]]:
    """Shapes of inputs that a layer may take, the likeliest first."""
    for kinds, shape in _SHAPES:
        if issubclass(cls, kinds):
            yield shape
    rank = re.search(r"(\d)D", cls.__name__)
    if rank:
        size = 3 if rank[1] == "3" else 4
        image = (*(size,) * int(rank[1]), 1)
        yield from ((1, 2, *image), (1, *image)) if "LSTM" in cls.__name__ else ((1, *image),)
    yield from ((1, 4), (1, 3, 2), (1, 4, 4, 1), (1, 2, 4, 4, 1))


def copied(value: Any, dtype: Any = None) -> Any:
    """A setting; layers and optimizers in it are made anew, so that no example changes another."""
    if isinstance(value, list):
        return [copied(one, dtype) for one in value]
    if isinstance(value, Layer):
        config = value.get_config() | ({} if dtype is None else {"dtype": dtype})
        return type(value).from_config(config)
    if isinstance(value, optimizers.Optimizer):
        return type(value).from_config(value.get_config())
    return value
