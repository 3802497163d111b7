"""Fusion: pairs of layers in a functional model that one kernel computes.

`PAIRS` is the table: a class of layers, the class that follows it, and the layer that replaces both
while the model runs. `NORMALIZED` is another one, for all calls but those in training; its pairs
may have a pair of the first in them. The model's own layers, weights and graph do not change. A
pair calls its two layers one after the other whenever the fused kernel does not compute the same,
but for rounding.

`minicnn.config.set_fusion(False)` switches fusion off.
"""

from __future__ import annotations

import contextlib
from typing import Any

from minicnn import ops
from minicnn.activations import relu, relu6
from minicnn.common.dtypes import is_float_dtype, standardize_dtype
from minicnn.layers.activations import ReLU
from minicnn.layers.base.call_context import ERRORS_OF_LAYERS
from minicnn.layers.base.check_input import assert_input_compatibility
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.masks import mask_of
from minicnn.layers.convolutional import Conv2D, DepthwiseConv2D, SeparableConv2D
from minicnn.layers.merging import Add
from minicnn.layers.merging.base_merge import Merge
from minicnn.layers.normalization import BatchNormalization
from minicnn.layers.pooling import MaxPooling2D
from minicnn.ops.nn.fused_layers import conv_layer, split_activation
from minicnn.ops.nn.fused_normalization import add_and_activate
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node

FUSED_NODES = {True: "_fused_in_training", False: "_fused_nodes"}
"""The attribute of a functional model with its fused nodes, in training and not."""
MOST_WEIGHTS = 2**18
"""A kernel with more is not multiplied anew for each batch: normalizing takes little beside it."""


Convolution = Conv2D | DepthwiseConv2D | SeparableConv2D

BOUNDED = {None: relu, 6: relu6}
"""The activation by the upper bound of a ReLU layer."""


class Pair(Layer):
    """Two layers computed together. It owns neither, and is not one of the model's layers."""

    in_training = True  # whether it fuses there

    def __init__(self, first: Layer, second: Layer):
        super().__init__(name=first.name, dtype=first.dtype_policy, autocast=first.autocast)
        self._pair = first, second
        self.built = self._called = True
        self.supports_masking = True
        self.compute_mask = _no_mask  # with masks, the two layers attach theirs

    def call(self, inputs: Any, training: bool | None = None, **others: Any) -> Any:
        """`second(first(inputs))`, by one kernel if possible."""
        first, second = self._pair
        ordinary = (
            (self.in_training or not training)
            and not _carries_mask(inputs)
            and all(x is None for x in others.values())
        )
        if ordinary and _only_compute(first, second) and self.can_fuse(first, second):
            # after an error the layers are called one by one, so that the error names the layer
            with contextlib.suppress(*ERRORS_OF_LAYERS):
                if first.input_spec is not None:
                    assert_input_compatibility(first.input_spec, inputs, first.name)
                return self.fused_call(first, second, inputs, training)
        return second(first(inputs, training=training, **others))

    @staticmethod
    def can_fuse(first: Layer, second: Layer) -> bool:
        """Whether one kernel computes these two layers."""
        raise NotImplementedError

    @staticmethod
    def fused_call(first: Layer, second: Layer, inputs: Any, training: bool | None) -> Any:
        """The result of both, by one kernel."""
        raise NotImplementedError


class ConvolutionThenPool(Pair):
    """Convolution, bias, relu and 2 × 2 max pooling; the image before pooling is not stored."""

    @staticmethod
    def can_fuse(first: Conv2D, second: MaxPooling2D) -> bool:
        """Whether the pooling is 2 × 2 with strides 2, and the activation before it is relu."""
        return (
            (second.pool_size, second.strides, second.padding) == ((2, 2), (2, 2), "valid")
            and first.data_format == second.data_format == "channels_last"
            and first.can_fuse_pool
        )

    @staticmethod
    def fused_call(first: Conv2D, second: MaxPooling2D, inputs: Any, training: bool | None) -> Any:
        """The pooled result of the convolution."""
        return first.convolve(inputs, pooled=True)


class ThenReLU(Pair):
    """Base of the pairs with a relu: one pass over the image less, forward and backward."""

    @staticmethod
    def can_fuse(first: Layer, second: ReLU) -> bool:
        """Whether the second layer is relu or relu6, without other settings."""
        return not (second.negative_slope or second.threshold) and second.max_value in BOUNDED


class NormalizationThenReLU(ThenReLU):
    """Batch normalization and relu."""

    @staticmethod
    def fused_call(first: BatchNormalization, second: ReLU, inputs: Any, training: Any) -> Any:
        """The normalization and relu, by one kernel."""
        return first.normalize(inputs, training, activation=BOUNDED[second.max_value])


class AdditionThenReLU(ThenReLU):
    """The sum of two images and relu, which ends a residual block."""

    @staticmethod
    def fused_call(first: Add, second: ReLU, inputs: Any, training: bool | None) -> Any:
        """The sum and relu, by one kernel."""
        floats = all(is_float_dtype(standardize_dtype(x.dtype)) for x in inputs)
        if not floats or len(inputs) != 2 or inputs[0].shape != inputs[1].shape:
            return second(first(inputs))
        return add_and_activate(*inputs, activation=BOUNDED[second.max_value])


class ConvolutionThenNormalization(Pair):
    """Convolution and batch normalization by the moving averages, as one convolution.

    `γ (conv(x, w) + b − μ) / √(σ² + ε) + β = conv(x, f w) + f b + s`, with `f = γ / √(σ² + ε)` and
    `s = β − f μ`. Relu may follow. In training the layers are called one after the other.
    Of a separable convolution w is the second kernel, of 1 × 1.
    """

    in_training = False

    @staticmethod
    def can_fuse(first: Convolution, second: BatchNormalization | Pair) -> bool:
        """Whether the convolution ends with its bias, in a type that normalization keeps."""
        normalization, *following = _members(second)
        kernel = first.kernel_with_filters_last
        return (
            split_activation(first.activation) == ("linear", None)
            and first.data_format == "channels_last"
            and first.compute_dtype in ("float32", "float64")
            and kernel.size <= MOST_WEIGHTS
            and normalization.is_plain(kernel)
            and all(_only_compute(normalization, layer) for layer in following)
        )

    @staticmethod
    def fused_call(first: Convolution, second: Any, inputs: Any, training: Any) -> Any:
        """The convolution with the folded kernel and bias."""
        normalization, *following = _members(second)
        if following and second.can_fuse(normalization, *following):
            activation, following = BOUNDED[following[0].max_value], []
        else:
            activation = None
        factor, bias = normalization.factor_and_shift()
        if first.bias is not None:
            bias = first.bias * factor + bias
        kernel, window = first.kernel_with_filters_last * factor, first._window
        if isinstance(first, SeparableConv2D):
            inputs, window = ops.depthwise_conv(inputs, first.depthwise_kernel, **window), {}
        outputs = conv_layer(inputs, kernel, bias, activation, **window)
        outputs = ops.cast(outputs, normalization.compute_dtype)
        return following[0](outputs) if following else outputs


PAIRS: dict[tuple[type, type], type[Pair]] = {
    (Add, ReLU): AdditionThenReLU,
    (Conv2D, MaxPooling2D): ConvolutionThenPool,
    (BatchNormalization, ReLU): NormalizationThenReLU,
}
NORMALIZED: dict[tuple[type, type], type[Pair]] = {
    (first, second): ConvolutionThenNormalization
    for first in (Conv2D, DepthwiseConv2D, SeparableConv2D)
    for second in (BatchNormalization, NormalizationThenReLU)
}


def fused_nodes(
    nodes: list[Node], outputs: list[KerasTensor], in_training: bool = True
) -> list[Node]:
    """The nodes, with each fusible pair of nodes replaced by one.

    Only where nothing else uses the first layer's result. A graph with masks is not changed,
    since masks are passed from layer to layer.
    """
    if any(_makes_masks(node.operation) for node in nodes):
        return nodes
    uses = _times_used(nodes, outputs)
    nodes = _paired(nodes, uses, PAIRS)
    return nodes if in_training else _paired(nodes, uses, NORMALIZED)


def _paired(
    nodes: list[Node], uses: dict[int, int], table: dict[tuple[type, type], type[Pair]]
) -> list[Node]:
    made_by = {id(node.outputs[0]): node for node in nodes if len(node.outputs) == 1}
    fused: dict[int, Node | None] = {}
    for node in nodes:
        before = made_by.get(id(node.only_input))
        if before is None or uses[id(node.only_input)] > 1:
            continue
        pair = table.get((type(before.operation), type(node.operation)))
        if pair is not None and _only_compute(before.operation, node.operation):
            fused[id(before)] = None
            fused[id(node)] = _pair_node(pair(before.operation, node.operation), before, node)
    nodes = [fused.get(id(node), node) for node in nodes]
    return [node for node in nodes if node is not None]


def _times_used(nodes: list[Node], outputs: list[KerasTensor]) -> dict[int, int]:
    """The number of uses of each tensor: by nodes, or as an output of the model."""
    times: dict[int, int] = {}
    for x in [*outputs, *(x for node in nodes for x in node.input_tensors)]:
        times[id(x)] = times.get(id(x), 0) + 1
    return times


def _makes_masks(operation: Any) -> bool:
    """Whether an operation may create a mask; merging layers only combine those of their inputs."""
    if not isinstance(operation, Layer) or isinstance(operation, Merge):
        return False
    return type(operation).compute_mask is not Layer.compute_mask


def _only_compute(first: Layer, second: Layer) -> bool:
    """Whether both layers only compute, in the same type, without hooks or penalties."""
    return first.dtype_policy.name == second.dtype_policy.name and not any(
        layer.activity_regularizer is not None or "call" in vars(layer) for layer in (first, second)
    )


def _carries_mask(inputs: Any) -> bool:
    """Whether an input has a mask, for example from a layer inside a layer."""
    together = inputs if isinstance(inputs, (list, tuple)) else (inputs,)
    return any(mask_of(x) is not None for x in together)


def _no_mask(inputs: Any, previous_mask: Any) -> None:
    """None: a pair adds no mask of its own."""


def _members(layer: Layer) -> tuple[Layer, ...]:
    """The layers of a pair, or the layer alone."""
    return layer._pair if isinstance(layer, Pair) else (layer,)


def _pair_node(pair: Pair, before: Node, node: Node) -> Node:
    """A node for the pair, which is not part of the model's graph."""
    one = object.__new__(Node)
    one.operation, one.arguments = pair, before.arguments
    one.outputs, one.only_input = node.outputs, before.only_input
    return one
