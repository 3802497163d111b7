"""Which rule says what a layer gives to the gradient of its input: a table by class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import layers
from minicnn.analysis.explanations import spread_of_layers as single
from minicnn.analysis.explanations import spread_of_windows as windows
from minicnn.analysis.explanations.output_rules import MAXIMA, MEANS, MOVING, UNCHANGED
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv
from minicnn.layers.reshaping.up_sampling import BaseUpSampling

LINEAR = (
    *(BaseSeparableConv, BaseUpSampling, layers.Resizing, layers.Add, layers.Subtract),
    *(layers.Average, layers.Multiply, layers.Dot),
)
ELEMENTWISE = (
    *(layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Rescaling),
    layers.Normalization,
)

SPREAD_RULES: list[tuple[Any, Callable]] = [
    (BaseDepthwiseConv, windows.depthwise),
    (LINEAR, single.linear),
    (BaseConv, windows.convolution),
    (BaseConvTranspose, windows.transposed),
    (MAXIMA, windows.maximum_of_window),
    (MEANS, windows.mean_of_window),
    (layers.Dense, single.dense),
    (layers.BatchNormalization, single.batch_normalization),
    (layers.Softmax, single.softmax),
    (layers.Activation, single.activation),
    (ELEMENTWISE, single.elementwise),
    (MOVING, single.moved),
    (layers.Masking, single.elementwise),
    (layers.GaussianNoise, single.noise),
    (layers.AlphaDropout, single.alpha_dropout),
    (UNCHANGED, single.dropout),
]
"""Classes of layers, the special ones first, and their rule. Subclasses have it, too."""

SPREAD_OF_OPERATIONS: dict[str, Callable] = {
    **dict.fromkeys(("add", "subtract", "multiply", "mean", "sum"), single.linear),
    **dict.fromkeys(("relu", "sigmoid", "tanh", "silu", "gelu", "elu"), single.elementwise),
    **dict.fromkeys(
        ("reshape", "transpose", "squeeze", "expand_dims", "concatenate"), single.moved
    ),
}
"""The same for operations in functional models, such as `x + y`."""
