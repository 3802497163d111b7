"""Output shapes of convolution and pooling, computed from the input shapes."""

from __future__ import annotations

from collections.abc import Sequence

from minicnn.common.shapes import Shape
from minicnn.common.sliding_windows import Padding, output_lengths, reach
from minicnn.common.window_arguments import (
    channels_of,
    per_axis,
    spatial_shape,
    standardize_data_format,
    standardize_padding,
    with_spatial,
)


def compute_pooling_output_shape(
    input_shape: Shape,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: str = "valid",
    data_format: str | None = "channels_last",
) -> Shape:
    """The shape after pooling. `strides=None` means strides equal to `pool_size`.

    >>> compute_pooling_output_shape((None, 28, 28, 3), (2, 2), None)
    (None, 14, 14, 3)
    """
    data_format = standardize_data_format(data_format)
    rank = len(input_shape) - 2
    lengths = spatial_shape(input_shape, data_format)
    pool_size = per_axis(pool_size, rank, "pool_size")
    strides = pool_size if strides is None else per_axis(strides, rank, "strides")
    padding = standardize_padding(padding, allow_pairs=True)
    outputs = output_lengths(lengths, pool_size, strides, (1,) * rank, padding)
    _require_output(
        outputs, lengths, f"`inputs.shape={tuple(input_shape)}`, `pool_size={pool_size}`, "
        f"`strides={strides}`, `padding={padding}`", "pool_size"
    )  # fmt: skip
    channels = channels_of(input_shape, data_format)
    return with_spatial(input_shape[0], outputs, channels, data_format)


def compute_conv_output_shape(
    input_shape: Shape,
    filters: int,
    kernel_size: Sequence[int],
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    data_format: str | None = "channels_last",
    dilation_rate: int | Sequence[int] = 1,
) -> Shape:
    """The shape after a convolution.

    >>> compute_conv_output_shape((None, 28, 28, 3), 32, (3, 3))
    (None, 26, 26, 32)
    """
    data_format = standardize_data_format(data_format)
    rank = len(kernel_size)
    if len(input_shape) != rank + 2:
        raise ValueError(
            f"A kernel of size {tuple(kernel_size)} slides over {rank} spatial dimensions, so the "
            f"inputs must have {rank + 2} dimensions: batch, {rank} spatial and channels. "
            f"Received: inputs.shape={tuple(input_shape)}. Add the missing dimensions with "
            "`ops.expand_dims` or `ops.reshape`."
        )
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    padding = standardize_padding(padding, allow_causal=True, allow_pairs=True)
    lengths = spatial_shape(input_shape, data_format)
    outputs = output_lengths(lengths, kernel_size, strides, dilation, padding)
    _require_output(
        outputs, lengths, f"`inputs.shape={tuple(input_shape)}`, "
        f"`kernel_size={tuple(kernel_size)}`, `dilation_rate={dilation}`, `strides={strides}`, "
        f"`padding={padding}`", "kernel_size"
    )  # fmt: skip
    return with_spatial(input_shape[0], outputs, filters, data_format)


def _require_output(outputs: Shape, lengths: Shape, received: str, window: str) -> None:
    if all(m is None or m > 0 or m == n == 0 for m, n in zip(outputs, lengths, strict=True)):
        return
    raise ValueError(
        f"Computed output size would be zero or negative. Received: {received}. The window does "
        f"not fit into the inputs: give larger inputs, a smaller `{window}`, or `padding='same'`."
    )


def compute_conv_transpose_output_shape(
    input_shape: Shape,
    kernel_size: Sequence[int],
    filters: int,
    strides: int | Sequence[int],
    padding: str,
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = "channels_last",
    dilation_rate: int | Sequence[int] = 1,
) -> Shape:
    """The shape after a transposed convolution.

    With reach k and stride s an axis of length n becomes `m = (n - 1) · s + k + max(s - k, 0)` long
    if the padding is "valid", and `m = n · s` if it is "same". With an output padding p it is
    (n - 1)·s + k + p, or (n - 1)·s + k mod 2 + p.

    >>> compute_conv_transpose_output_shape((None, 7, 7, 8), (3, 3), 4, 2, "same")
    (None, 14, 14, 4)
    """
    data_format = standardize_data_format(data_format)
    rank = len(input_shape) - 2
    padding = standardize_padding(padding, allow_pairs=True)
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    extra = output_padding_per_axis(output_padding, rank)
    lengths = spatial_shape(input_shape, data_format)
    outputs = tuple(
        None if None in (n, k) else _transposed_length(n, reach(k, d), s, p, padding)
        for n, k, d, s, p in zip(lengths, kernel_size[:rank], dilation, strides, extra, strict=True)
    )
    return with_spatial(input_shape[0], outputs, filters, data_format)


def output_padding_per_axis(
    output_padding: int | Sequence[int] | None, rank: int
) -> tuple[int | None, ...]:
    """One number, or None, for each spatial axis."""
    if output_padding is None or isinstance(output_padding, int):
        return (output_padding,) * rank
    return tuple(output_padding)


def _transposed_length(n: int, k: int, s: int, extra: int | None, padding: str) -> int:
    if padding == "valid":
        return (n - 1) * s + k + (max(s - k, 0) if extra is None else extra)
    return n * s if extra is None else (n - 1) * s + k % 2 + extra


def transposed_pairs(
    input_lengths: Sequence[int],
    output_lengths: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Padding:
    """The padding of the convolution that a transposed convolution is the transpose of.

    That convolution maps the outputs to the n inputs and reads (n - 1)·s + k positions. Positions
    beyond the length of the outputs are padding, the odd one after.
    """
    pairs = []
    for n, m, k, s, d in zip(input_lengths, output_lengths, window, strides, dilation, strict=True):
        total = max((n - 1) * s + reach(k, d) - m, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def compute_conv_transpose_padding_args_for_jax(
    input_shape: Shape,
    kernel_shape: Shape,
    strides: int | Sequence[int],
    padding: str,
    output_padding: int | Sequence[int] | None,
    dilation_rate: int | Sequence[int],
) -> list[tuple[int, int]]:
    """The padding (before, after) with which a plain convolution computes the transposed one.

    That convolution has stride 1, the flipped kernel, and the inputs with `strides - 1` zeros
    between neighbours. With p the transposed convolution's padding before, this one is padded by
    k - 1 - p before, and after by what gives the outputs' length.
    """
    rank = len(input_shape) - 2
    output_shape = compute_conv_transpose_output_shape(
        input_shape,
        kernel_shape,
        1,
        strides,
        padding,
        output_padding,
        "channels_last",
        dilation_rate,
    )
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    inputs, outputs = input_shape[1:-1], output_shape[1:-1]
    pairs = transposed_pairs(inputs, outputs, kernel_shape[:rank], strides, dilation)
    arguments = []
    for n, m, size, s, d, (before, _) in zip(
        inputs, outputs, kernel_shape[:rank], strides, dilation, pairs, strict=True
    ):
        k = reach(size, d)
        first = k - 1 - before
        arguments.append((first, m - (n - 1) * s + k - 2 - first))
    return arguments
