"""`tf.nn`: activations, losses, convolutions and pools."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static


@named("nn.softmax math.softmax")
def softmax(logits: Any, axis: Any = None) -> Any:
    """Exponentials, divided by their sum."""
    return ops.softmax(logits, axis=-1 if axis is None else axis)


@named("nn.log_softmax math.log_softmax")
def log_softmax(logits: Any, axis: Any = None) -> Any:
    """The logarithm of the softmax."""
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


@named("nn.silu nn.swish")
def silu(features: Any, beta: float = 1.0) -> Any:
    """`x · sigmoid(βx)`."""
    return features * ops.sigmoid(beta * ops.convert_to_tensor(features))


@named("nn.crelu")
def crelu(features: Any, axis: int = -1) -> Any:
    """The relu of x and of -x, joined."""
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis))


@named("nn.l2_loss")
def l2_loss(t: Any) -> Any:
    """`Σt² / 2`."""
    return ops.sum(ops.square(t)) / 2


@named("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1) -> Any:
    """`-Σ labels · log softmax(logits)`."""
    return -ops.sum(ops.cast(labels, ops.dtype(logits)) * ops.log_softmax(logits, axis), axis)


@named("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any) -> Any:
    """`-log softmax(logits)` at the labels."""
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


@named("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Any:
    """`-z log σ(x) - (1 - z) log(1 - σ(x))`, for each element."""
    return ops.softplus(logits) - logits * labels


@named("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(labels: Any, logits: Any, pos_weight: Any) -> Any:
    """The same, with a weight for the labels that are 1."""
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * ops.softplus(-logits)


@named("nn.compute_average_loss")
def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The sum of the losses, divided by the size of the batch."""
    losses = ops.convert_to_tensor(per_example_loss)
    count = losses.shape[0] if global_batch_size is None else global_batch_size
    return ops.sum(losses if sample_weight is None else losses * sample_weight) / count


@named("nn.moments")
def moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False) -> Any:
    """Mean and variance over axes."""
    return ops.moments(x, static(axes), keepdims=keepdims)


@named("nn.batch_normalization")
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any
) -> Any:
    """`(x - mean) / √(variance + ε) · scale + offset`."""
    factor = ops.rsqrt(variance + variance_epsilon)
    factor = factor if scale is None else factor * scale
    return x * factor + ((0 if offset is None else offset) - mean * factor)


@named("nn.bias_add")
def bias_add(value: Any, bias: Any, data_format: str | None = None) -> Any:
    """A number added to each channel."""
    if _format(data_format) == "channels_first":
        bias = ops.reshape(bias, (-1, *(1,) * (len(value.shape) - 2)))
    return ops.add(value, bias)


@named("nn.embedding_lookup")
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None) -> Any:
    """The rows with these numbers, shortened to `max_norm`."""
    rows = ops.take(params, ids, axis=0)
    if max_norm is None:
        return rows
    norm = ops.sqrt(ops.sum(ops.square(rows), -1, keepdims=True))
    return rows * (max_norm / ops.maximum(norm, max_norm))


@named("nn.local_response_normalization nn.lrn")
def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5
) -> Any:
    """`x / (bias + α Σx²)^β`, summed over neighbouring channels."""
    channels = np.arange(input.shape[-1])
    near = np.abs(channels[:, None] - channels) <= depth_radius
    total = ops.matmul(ops.square(input), near.astype(ops.dtype(input)))
    return input / ops.power(bias + alpha * total, beta)


def _format(data_format: str | None) -> str:
    return "channels_first" if (data_format or "").startswith("NC") else "channels_last"


def _inner(sizes: Any, rank: int, data_format: str) -> Any:
    """The numbers of the axes of an image, from TensorFlow's, which may have four."""
    sizes = static(sizes)
    if sizes is None or isinstance(sizes, int):
        return 1 if sizes is None else sizes
    if len(sizes) == rank + 2:
        first = 2 if data_format == "channels_first" else 1
        return sizes[first : first + rank]
    return sizes[0] if len(sizes) == 1 else sizes


def _convolution(names: str, function: Any, kernel: str, stride: str = "strides") -> None:
    def convolution(
        input: Any,
        weights: Any,
        strides: Any = None,
        padding: Any = "VALID",
        data_format: str | None = None,
        dilations: Any = None,
    ) -> Any:
        input, layout = ops.convert_to_tensor(input), _format(data_format)
        rank = input.ndim - 2
        if not isinstance(padding, str):
            input, padding = ops.pad(input, static(padding)), "VALID"
        return function(
            input,
            weights,
            _inner(strides, rank, layout),
            padding.lower(),
            data_format=layout,
            dilation_rate=_inner(dilations, rank, layout),
        )

    def call(*args: Any, **kwargs: Any) -> Any:
        if kernel in kwargs:
            kwargs["weights"] = kwargs.pop(kernel)
        if stride in kwargs:
            kwargs["strides"] = kwargs.pop(stride)
        return convolution(*args, **kwargs)

    named(names)(call)


_convolution("nn.convolution nn.conv2d nn.conv3d", ops.conv, "filters")
_convolution("nn.conv1d", ops.conv, "filters", "stride")
_convolution("nn.depthwise_conv2d", ops.depthwise_conv, "filter")


@named("nn.conv2d_transpose nn.conv1d_transpose nn.conv3d_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """The transposed convolution, in its usual output shape."""
    layout, rank = _format(data_format), len(input.shape) - 2
    found = ops.conv_transpose(
        input,
        filters,
        _inner(strides, rank, layout),
        padding.lower(),
        data_format=layout,
        dilation_rate=_inner(dilations, rank, layout),
    )
    wanted = static(output_shape)
    if tuple(wanted)[1:] != tuple(found.shape)[1:]:
        raise ValueError(
            f"tf.nn.conv2d_transpose gives the shape {tuple(found.shape)} here; `output_shape` is "
            f"{wanted}. Use keras.ops.conv_transpose with `output_padding` for other shapes."
        )
    return found


def _pool(names: str, function: Any) -> None:
    def pool(
        input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None
    ) -> Any:
        input, layout = ops.convert_to_tensor(input), _format(data_format)
        rank = input.ndim - 2
        window, steps = (_inner(each, rank, layout) for each in (ksize, strides))
        return function(input, window, steps, padding.lower(), layout)

    named(names)(pool)


_pool("nn.max_pool nn.max_pool1d nn.max_pool2d nn.max_pool3d", ops.max_pool)
_pool("nn.avg_pool nn.avg_pool1d nn.avg_pool2d nn.avg_pool3d", ops.average_pool)


@named("nn.space_to_depth")
def space_to_depth(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """Blocks of an image as channels."""
    return ops.space_to_depth(input, block_size, _format(data_format))


@named("nn.depth_to_space")
def depth_to_space(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """Channels as blocks of an image."""
    return ops.depth_to_space(input, block_size, _format(data_format))
