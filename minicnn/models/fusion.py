"""Pairs of layers in a drawn model that one kernel does at once.

`PAIRS` is the table: a class of layers, the class behind it, and the layer that stands for both
while the model runs. The model's own layers, weights and graph stay as they were drawn, and a pair
is taken apart again as soon as anything about it is out of the ordinary. What it is worth, in
processor time of a training step of the two layers: see `benchmarks/`.

`minicnn.config.set_fusion(False)` runs every layer by itself.
"""

from __future__ import annotations

import contextlib
from typing import Any

from minicnn.activations import relu
from minicnn.common.dtypes import is_float_dtype, standardize_dtype
from minicnn.layers.activations import ReLU
from minicnn.layers.base.call_context import ERRORS_OF_LAYERS
from minicnn.layers.base.check_input import assert_input_compatibility
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.masks import mask_of
from minicnn.layers.convolutional import Conv2D
from minicnn.layers.merging import Add
from minicnn.layers.merging.base_merge import Merge
from minicnn.layers.normalization import BatchNormalization
from minicnn.layers.pooling import MaxPooling2D
from minicnn.ops.nn.fused_normalization import add_and_activate
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node


class Pair(Layer):
    """Two layers as one. It owns neither of them, and is never part of a model's layers."""

    def __init__(self, first: Layer, second: Layer):
        super().__init__(name=first.name, dtype=first.dtype_policy, autocast=first.autocast)
        self._pair = first, second
        self.built = self._called = True
        self.supports_masking = True
        self.compute_mask = _no_mask  # where there are masks, the two layers attach theirs

    def call(self, inputs: Any, training: bool | None = None, **others: Any) -> Any:
        """The second layer of the first, at once if that is what both are for."""
        first, second = self._pair
        ordinary = not _carries_mask(inputs) and all(x is None for x in others.values())
        if ordinary and _are_plain(first, second) and self.applies(first, second):
            with contextlib.suppress(*ERRORS_OF_LAYERS):  # the layer itself says what is wrong
                if first.input_spec is not None:
                    assert_input_compatibility(first.input_spec, inputs, first.name)
                return self.at_once(first, second, inputs, training)
        return second(first(inputs, training=training, **others))

    @staticmethod
    def applies(first: Layer, second: Layer) -> bool:
        """Whether the kernel does what these two do."""
        raise NotImplementedError

    @staticmethod
    def at_once(first: Layer, second: Layer, inputs: Any, training: bool | None) -> Any:
        """The result of both."""
        raise NotImplementedError


class ConvolutionThenPool(Pair):
    """Convolution, bias, relu, and maxima over 2 × 2: the full-sized image is never written."""

    @staticmethod
    def applies(first: Conv2D, second: MaxPooling2D) -> bool:
        """Whether the windows lie side by side, and nothing but relu stands before them."""
        return (
            (second.pool_size, second.strides, second.padding) == ((2, 2), (2, 2), "valid")
            and first.data_format == second.data_format == "channels_last"
            and first.pools_at_once
        )

    @staticmethod
    def at_once(first: Conv2D, second: MaxPooling2D, inputs: Any, training: bool | None) -> Any:
        """The pooled result of the convolution."""
        return first.convolve(inputs, pooled=True)


class ThenReLU(Pair):
    """Something and relu: one pass over the image less, forward and backward."""

    @staticmethod
    def applies(first: Layer, second: ReLU) -> bool:
        """Whether it is the plain relu."""
        return not second.negative_slope and second.max_value is None and not second.threshold


class NormalizationThenReLU(ThenReLU):
    """Batch normalization and relu."""

    @staticmethod
    def at_once(first: BatchNormalization, second: ReLU, inputs: Any, training: Any) -> Any:
        """The rectified result of the normalization."""
        return first.normalize(inputs, training, activation=relu)


class AdditionThenReLU(ThenReLU):
    """The sum of two images and relu, which ends a residual block."""

    @staticmethod
    def at_once(first: Add, second: ReLU, inputs: Any, training: bool | None) -> Any:
        """The rectified sum."""
        floats = all(is_float_dtype(standardize_dtype(x.dtype)) for x in inputs)
        if not floats or len(inputs) != 2 or inputs[0].shape != inputs[1].shape:
            return second(first(inputs))
        return add_and_activate(*inputs, activation=relu)


PAIRS: dict[tuple[type, type], type[Pair]] = {
    (Add, ReLU): AdditionThenReLU,
    (Conv2D, MaxPooling2D): ConvolutionThenPool,
    (BatchNormalization, ReLU): NormalizationThenReLU,
}


def fused_nodes(nodes: list[Node], outputs: list[KerasTensor]) -> list[Node]:
    """The nodes, with one node in place of two where a pair of the table stands alone.

    A graph in which masks are made stays as it is, since these go from layer to layer.
    """
    if any(_makes_masks(node.operation) for node in nodes):
        return nodes
    wanted = _times_wanted(nodes, outputs)
    made_by = {id(node.outputs[0]): node for node in nodes if len(node.outputs) == 1}
    fused: dict[int, Node | None] = {}
    for node in nodes:
        before = made_by.get(id(node.only_input))
        if before is None or wanted[id(node.only_input)] > 1:
            continue
        pair = PAIRS.get((type(before.operation), type(node.operation)))
        if pair is not None and _are_plain(before.operation, node.operation):
            fused[id(before)] = None
            fused[id(node)] = _as_one(pair(before.operation, node.operation), before, node)
    nodes = [fused.get(id(node), node) for node in nodes]
    return [node for node in nodes if node is not None]


def _times_wanted(nodes: list[Node], outputs: list[KerasTensor]) -> dict[int, int]:
    """How often each tensor is used: by nodes, or as an output of the model."""
    times: dict[int, int] = {}
    for x in [*outputs, *(x for node in nodes for x in node.input_tensors)]:
        times[id(x)] = times.get(id(x), 0) + 1
    return times


def _makes_masks(operation: Any) -> bool:
    """Whether a mask may begin here; merging layers only put together those that arrive."""
    if not isinstance(operation, Layer) or isinstance(operation, Merge):
        return False
    return type(operation).compute_mask is not Layer.compute_mask


def _are_plain(first: Layer, second: Layer) -> bool:
    """Whether nothing happens beside the computation, which is of one type."""
    return first.dtype_policy.name == second.dtype_policy.name and not any(
        layer.activity_regularizer is not None or "call" in vars(layer) for layer in (first, second)
    )


def _carries_mask(inputs: Any) -> bool:
    """Whether a mask travels with an input, as one from a layer inside a layer may."""
    together = inputs if isinstance(inputs, (list, tuple)) else (inputs,)
    return any(mask_of(x) is not None for x in together)


def _no_mask(inputs: Any, previous_mask: Any) -> None:
    """The mask that a pair adds to those that its layers attached."""


def _as_one(pair: Pair, before: Node, node: Node) -> Node:
    """A node of the pair; the graph that was drawn does not know of it."""
    one = object.__new__(Node)
    one.operation, one.arguments = pair, before.arguments
    one.outputs, one.only_input = node.outputs, before.only_input
    return one
