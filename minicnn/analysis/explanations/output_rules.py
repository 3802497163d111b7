"""Which rule says how an element of a layer's output came about: a table by class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import layers
from minicnn.analysis.explanations import sums_of_layers as single
from minicnn.analysis.explanations import sums_of_merging as several
from minicnn.analysis.explanations import sums_of_recurrence as recurrence
from minicnn.analysis.explanations import sums_of_windows as windows
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv
from minicnn.layers.pooling.base_adaptive_pooling import (
    BaseAdaptiveAveragePooling,
    BaseAdaptiveMaxPooling,
)
from minicnn.layers.pooling.base_global_pooling import (
    BaseGlobalAveragePooling,
    BaseGlobalMaxPooling,
)
from minicnn.layers.pooling.base_pooling import BaseAveragePooling, BaseMaxPooling
from minicnn.layers.regularization.base_dropout import BaseDropout
from minicnn.layers.reshaping.cropping import BaseCropping
from minicnn.layers.reshaping.up_sampling import BaseUpSampling
from minicnn.layers.reshaping.zero_padding import BaseZeroPadding

MAXIMA = (BaseMaxPooling, BaseGlobalMaxPooling, BaseAdaptiveMaxPooling)
MEANS = (BaseAveragePooling, BaseGlobalAveragePooling, BaseAdaptiveAveragePooling)
MOVING = (
    *(layers.Flatten, layers.Reshape, layers.Permute, layers.RepeatVector, layers.Concatenate),
    *(BaseZeroPadding, BaseCropping, layers.CenterCrop),
)
UNCHANGED = (*(BaseDropout, layers.Identity, layers.ActivityRegularization, layers.Masking),)

OUTPUT_RULES: list[tuple[Any, Callable]] = [
    (BaseDepthwiseConv, windows.depthwise),
    (BaseSeparableConv, windows.separable),
    (BaseConv, windows.convolution),
    (BaseConvTranspose, windows.transposed),
    (MAXIMA, windows.maximum_of_window),
    (MEANS, windows.mean_of_window),
    (layers.Dense, single.dense),
    (layers.Embedding, single.embedding),
    (tuple(recurrence.CELLS), recurrence.recurrent),
    (layers.BatchNormalization, several.batch_normalization),
    (layers.LayerNormalization, several.layer_normalization),
    (layers.GroupNormalization, several.group_normalization),
    ((layers.RMSNormalization, layers.UnitNormalization), several.lengths),
    (layers.Normalization, several.preset_normalization),
    (layers.Rescaling, single.rescaling),
    (layers.Softmax, single.softmax),
    (layers.Activation, single.activation),
    ((layers.ReLU, layers.LeakyReLU), single.relu),
    (layers.PReLU, single.prelu),
    (layers.ELU, single.elu),
    (MOVING, single.moved),
    ((BaseUpSampling, layers.Resizing), single.linear),
    (layers.Dot, several.dot),
    (layers.Add, several.combined(" + ", several.total)),
    (layers.Subtract, several.combined(" − ", several.difference)),
    (layers.Multiply, several.combined(" · ", several.product)),
    (layers.Average, several.combined("mean", lambda n: several.total(n) / len(n))),
    (layers.Maximum, several.combined("max", max)),
    (layers.Minimum, several.combined("min", min)),
    (layers.GaussianNoise, single.noise),
    (layers.AlphaDropout, single.alpha_dropout),
    (UNCHANGED, single.dropout),
]
"""Classes of layers, the special ones first, and their rule. Subclasses have it, too."""

OPERATION_RULES: dict[str, Callable] = {
    "add": several.combined(" + ", several.total),
    "subtract": several.combined(" − ", several.difference),
    "multiply": several.combined(" · ", several.product),
    "divide": several.combined(" / ", several.quotient),
    "true_divide": several.combined(" / ", several.quotient),
    "maximum": several.combined("max", max),
    "minimum": several.combined("min", min),
    **dict.fromkeys(("relu", "sigmoid", "tanh", "silu", "gelu", "elu"), single.elementwise),
    **dict.fromkeys(
        ("reshape", "transpose", "squeeze", "expand_dims", "concatenate"), single.moved
    ),
    **dict.fromkeys(("mean", "sum"), single.linear),
}
"""The same for operations in functional models, such as `x + y`."""


def rule_for(operation: Any, table: list[tuple[Any, Callable]], operations: dict) -> Any:
    """The rule of a layer or operation; None if there is none.

    A subclass with a `call` of its own computes something else, and has none.
    """
    declared = getattr(operation, "declaration", None)
    if declared is not None:
        return operations.get(declared.name)
    for kinds, rule in table:
        if isinstance(operation, kinds):
            own = next(c for c in type(operation).__mro__ if "call" in vars(c))
            return rule if own.__module__.startswith("minicnn.") else None
    return None
