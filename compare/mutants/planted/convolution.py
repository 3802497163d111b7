"""Planted bugs in convolutions and their padding."""

from __future__ import annotations

from compare.mutants.planted.places import EXCHANGED, MOVED, NN, NUMPY, WINDOW_ARGUMENTS, WINDOWS
from compare.mutants.planted.switch import BACKWARD, FORWARD, Bug

BUGS = [
    Bug(
        "the kernel is not flipped for the gradient of the input",
        BACKWARD,
        NUMPY + "conv",
        "axes = zip(tap, positions, strides, dilation, strict=True)",
        "axes = zip((k - 1 - t for t, k in zip(tap, kernel_size)), positions, strides, dilation)",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the padding before is taken for the padding after",
        BACKWARD,
        NUMPY + "conv",
        "np.s_[before : before + n] for n, (before, _) in",
        "np.s_[before : before + n] for n, (_, before) in",
        ("layers.Conv2D(filters=3, kernel_size=(2, 4)",),
    ),
    Bug(
        "padding 'same' puts the odd pixel before",
        FORWARD,
        WINDOWS,
        "pairs.append((total // 2, total - total // 2))",
        "pairs.append((total - total // 2, total // 2))",
        ("layers.Conv2D(filters=3, kernel_size=(2, 4)",),
    ),
    Bug(
        "padding 'same' ignores the stride",
        FORWARD,
        WINDOWS,
        "total = max((math.ceil(n / s) - 1) * s + k - n, 0)",
        "total = max(math.ceil(n / s) * s - s + k - n if s == 1 else k - 1, 0)",
        ("layers.Conv2D(filters=3, kernel_size=3, strides=2, padding='same')",),
    ),
    Bug(
        "padding 'causal' uses one future step",
        FORWARD,
        WINDOWS,
        "return tuple((k - 1, 0) for k in reaches)",
        "return tuple((k - 2, 1) for k in reaches)",
        ("padding='causal'",),
    ),
    Bug(
        "the gradient uses the dilation of one axis for all",
        BACKWARD,
        NUMPY + "conv",
        "read = [np.s_[k * d : k * d + (n - 1) * s + 1 : s] for k, n, s, d in axes]",
        "read = [np.s_[k * dilation[0] : k * dilation[0] + (n - 1) * s + 1 : s] "
        "for k, n, s, d in axes]",
        ("dilation_rate=(2, 3)",),
    ),
    Bug(
        "the gradient to the kernel is that of another group",
        BACKWARD,
        NUMPY + "conv",
        "return tensordot_by_group(columns, cotangent, (batch_and_positions,) * 2, groups)",
        "groups_in_turn = np.roll(cotangent, cotangent.shape[-1] // groups, -1); "
        "return tensordot_by_group(columns, groups_in_turn, (batch_and_positions,) * 2, groups)",
        ("layers.Conv2D(filters=6, kernel_size=3, groups=2)",),
    ),
    Bug(
        "overlapping patches overwrite each other instead of adding up",
        BACKWARD,
        NUMPY + "conv",
        "padded[:, *read] += columns",
        "padded[:, *read] = columns",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the kernel's gradient is averaged over the batch",
        BACKWARD,
        NN + "convolution",
        "lambda g, y, x, w, **window: conv_kernel_gradient(x, g, kernel_shape=w.shape, **window),",
        "lambda g, y, x, w, **window: conv_kernel_gradient(x, g / len(x), "
        "kernel_shape=w.shape, **window),",
        ("ops.conv()",),
    ),
    Bug(
        "all of the padding is put before",
        FORWARD,
        NUMPY + "conv",
        "padded = np.pad(x, ((0, 0), *padding, (0, 0)))",
        "padded = np.pad(x, ((0, 0), *((sum(p), 0) for p in padding), (0, 0)))",
        ("layers.Conv2D(filters=3, kernel_size=3, padding='same'",),
    ),
    Bug(
        "the kernel is flipped in the forward pass only",
        FORWARD,
        NUMPY + "conv",
        "return tensordot_by_group(columns, kernel, taps_and_channels, groups)",
        "return tensordot_by_group(columns, kernel[::-1], taps_and_channels, groups)",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the patches are flipped, so it is a real convolution",
        FORWARD,
        NUMPY + "conv",
        "patches = sliding_window_view(padded, extent, axis=tuple(range(1, dimensions + 1)))",
        "patches = sliding_window_view(padded, extent, axis=tuple(range(1, dimensions + 1)))"
        "[..., ::-1]",
        ("layers.Conv2D(filters=3, kernel_size=3)", "layers.Conv1D(filters=3, kernel_size=3)"),
    ),
    Bug(
        "the gradient ignores the stride",
        BACKWARD,
        NUMPY + "conv",
        "np.s_[k * d : k * d + (n - 1) * s + 1 : s]",
        "np.s_[k * d : k * d + n]",
        ("layers.Conv2D(filters=3, kernel_size=3, strides=2, padding='same')",),
    ),
    Bug(
        "groups take every n-th channel instead of runs of channels",
        FORWARD,
        NUMPY + "conv",
        "parts = zip(np.split(a, groups, -1), np.split(b, groups, -1), strict=True)",
        "parts = zip([a[..., g::groups] for g in range(groups)], np.split(b, groups, -1))",
        ("layers.Conv2D(filters=6, kernel_size=3, groups=2)",),
    ),
    Bug(
        "a depthwise convolution's filters are in the wrong order",
        FORWARD,
        NN + "convolution",
        "grouped = ops.reshape(kernel, (*kernel.shape[:-2], 1, filters))",
        "grouped = ops.reshape(ops.swapaxes(kernel, -1, -2), (*kernel.shape[:-2], 1, filters))",
        ("depth_multiplier=2",),
    ),
    Bug(
        "channels first: rows and columns are exchanged, too",
        FORWARD,
        WINDOW_ARGUMENTS,
        'return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)',
        'return x if data_format == "channels_last" else np.swapaxes(x, 1, -1)',
        ("layers.MaxPooling2D(pool_size=2, data_format='channels_first')",),
    ),
    Bug(
        "channels first: height and width are exchanged on the way in and out",
        FORWARD,
        NN + "fused_layers",
        "outputs = _conv_layer(ops.moveaxis(inputs, 1, -1), kernel, bias, **settings)\n"
        "        outputs = ops.moveaxis(outputs, -1, 1)",
        "outputs = _conv_layer(ops.swapaxes(inputs, 1, -1), kernel, bias, **settings)\n"
        "        outputs = ops.swapaxes(outputs, -1, 1)",
        ("layers.Conv2D(filters=3, kernel_size=3, data_format='channels_first')",),
    ),
    Bug(
        "channels first: all other windows exchange height and width",
        FORWARD,
        WINDOW_ARGUMENTS,
        MOVED,
        EXCHANGED,
        (
            "layers.DepthwiseConv2D(kernel_size=3, data_format='channels_first')",
            "Pooling2D(pool_size=(2, 3), padding='same', data_format='channels_first')",
        ),
    ),
    Bug(
        "the bias's gradient is a mean over the positions",
        BACKWARD,
        NUMPY + "fused_layers",
        "cotangent.sum(tuple(range(cotangent.ndim - 1)))",
        "cotangent.mean(tuple(range(cotangent.ndim - 1)))",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the gradient of a layer's relu is that of the identity",
        BACKWARD,
        NUMPY + "fused_layers",
        'return cotangent if activation == "linear" else ACTIVATIONS[activation][1](cotangent, y)',
        'return cotangent if activation != "none" else ACTIVATIONS[activation][1](cotangent, y)',
        ("layers.Dense(units=4, activation='relu')", "kernel_size=3, padding='same', activation="),
    ),
    Bug(
        "a dense layer's kernel gradient is averaged over the batch",
        BACKWARD,
        NUMPY + "fused_layers",
        "return input_gradient, x.T @ cotangent, cotangent.sum(0)",
        "return input_gradient, x.T @ cotangent / len(x), cotangent.sum(0)",
        ("layers.Dense(units=4, activation='relu')",),
    ),
    Bug(
        "the bias is added after the activation",
        FORWARD,
        NUMPY + "fused_layers",
        "return _activated(x @ kernel, activation, bias)",
        "return _activated(x @ kernel, activation) + (0 if bias is None else bias)",
        ("layers.Dense(units=4, activation='relu')",),
    ),
]
