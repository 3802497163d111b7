"""The planted bugs, one an entry: what, module, original, wrong, near."""

from __future__ import annotations

from compare.planted.switch import Bug

NN = "minicnn.ops.nn."
NUMPY = "minicnn.backend.numpy."

CONVOLUTION = [
    Bug(
        "the kernel is not flipped on the way back to the input",
        NUMPY + "conv",
        "target = tap_slices(tap, positions, strides, dilation)",
        "target = tap_slices(tuple(k - 1 - t for t, k in zip(tap, kernel_size)), positions, "
        "strides, dilation)",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the padding before is taken for the padding after",
        NUMPY + "conv",
        "slice(before, before + n) for n, (before, _) in",
        "slice(before, before + n) for n, (_, before) in",
        ("layers.Conv2D(filters=3, kernel_size=(2, 4)",),
    ),
    Bug(
        "padding 'same' puts the odd pixel before",
        NN + "windows",
        "pairs.append((total // 2, total - total // 2))",
        "pairs.append((total - total // 2, total // 2))",
        ("layers.Conv2D(filters=3, kernel_size=(2, 4)",),
    ),
    Bug(
        "padding 'same' forgets the stride",
        NN + "windows",
        "total = max((math.ceil(n / s) - 1) * s + k - n, 0)",
        "total = max(math.ceil(n / s) * s - s + k - n if s == 1 else k - 1, 0)",
        ("layers.Conv2D(filters=3, kernel_size=3, strides=2, padding='same')",),
    ),
    Bug(
        "padding 'causal' looks one step ahead",
        NN + "windows",
        "return tuple((k - 1, 0) for k in reaches)",
        "return tuple((k - 2, 1) for k in reaches)",
        ("padding='causal'",),
    ),
    Bug(
        "the dilation of one axis is used for all on the way back",
        NUMPY + "conv",
        "return tuple(\n        slice(k * d, k * d + (n - 1) * s + 1, s)",
        "return tuple(\n        slice(k * dilation[0], k * dilation[0] + (n - 1) * s + 1, s)",
        ("dilation_rate=(2, 3)",),
    ),
    Bug(
        "the gradient to the kernel is that of another group",
        NUMPY + "conv",
        "gradient = patches @ _split_groups(cotangent, groups)",
        "gradient = patches @ _split_groups(cotangent, groups)[::-1]",
        ("layers.Conv2D(filters=6, kernel_size=3, groups=2)",),
    ),
    Bug(
        "overlapping patches overwrite each other instead of adding up",
        NUMPY + "conv",
        "padded[(every, *target)] += columns",
        "padded[(every, *target)] = columns",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
    Bug(
        "the kernel's gradient is averaged over the batch",
        NN + "convolution",
        "lambda g, y, x, w, **window: conv_kernel_gradient(x, g, kernel_shape=w.shape, **window),",
        "lambda g, y, x, w, **window: conv_kernel_gradient(x, g / len(x), kernel_shape=w.shape, "
        "**window),",
        ("layers.Conv2D(filters=3, kernel_size=3)",),
    ),
]
POOLING = [
    Bug(
        "ties of a maximum are counted twice",
        NN + "pooling",
        "vjp=lambda g, y, x, **window: max_pool_gradient(g, x, **window),",
        "vjp=lambda g, y, x, **window: max_pool_gradient(2 * g, x, **window),",
        ("layers.MaxPooling2D",),
    ),
    Bug(
        "the last of the largest elements wins instead of the first",
        NUMPY + "pool",
        "return windows.argmax(-2, keepdims=True)",
        "return windows.shape[-2] - 1 - windows[..., ::-1, :].argmax(-2, keepdims=True)",
        ("ops.max_pool",),
    ),
    Bug(
        "padding wins a maximum among negative numbers",
        NUMPY + "pool",
        'lowest = -np.inf if x.dtype.kind in "fc"',
        'lowest = 0.0 if x.dtype.kind in "fc"',
        ("layers.MaxPooling2D",),
    ),
    Bug(
        "padding counts in an average",
        NUMPY + "pool",
        "return np.maximum(_windows(inside, pool_size, strides, padding).sum(-2), 1)",
        "return np.maximum(0 * _windows(inside, pool_size, strides, padding).sum(-2), "
        "prod(pool_size))",
        ("layers.AveragePooling2D",),
    ),
    Bug(
        "the gradient of an average is not divided",
        NUMPY + "pool",
        "share = cotangent / counts.astype(cotangent.real.dtype)",
        "share = cotangent * np.minimum(counts, 1).astype(cotangent.real.dtype)",
        ("layers.AveragePooling2D",),
    ),
    Bug(
        "masked steps count in a global average",
        "minicnn.layers.pooling.global_average_pooling1d",
        "weights = ops.cast(counts, inputs.dtype)",
        "weights = ops.ones_like(ops.cast(counts, inputs.dtype))",
        ("layers.GlobalAveragePooling1D",),
    ),
]
ACTIVATIONS = [
    Bug(
        "the mask of relu is missing on the way back",
        NUMPY + "activations",
        "return np.where(y.real > 0, cotangent, 0)",
        "return np.where(y.real > -1, cotangent, 0)",
        ("layers.ReLU",),
    ),
    Bug(
        "the mean term of softmax's gradient is dropped",
        NUMPY + "activations",
        "return y * (cotangent - (cotangent * y).sum(axis, keepdims=True))",
        "return y * cotangent",
        ("layers.Softmax",),
    ),
    Bug(
        "softmax's gradient is that of a diagonal matrix",
        NUMPY + "activations",
        "return y * (cotangent - (cotangent * y).sum(axis, keepdims=True))",
        "return y * (1 - y) * cotangent",
        ("layers.Softmax",),
    ),
    Bug(
        "softmax along the wrong axis",
        NUMPY + "activations",
        "return exponentials / exponentials.sum(axis, keepdims=True)",
        "return exponentials / exponentials.sum(0, keepdims=True)",
        ("layers.Softmax",),
    ),
    Bug(
        "log_softmax's gradient forgets the sum",
        NUMPY + "activations",
        "return cotangent - np.exp(y) * cotangent.sum(axis, keepdims=True)",
        "return cotangent - np.exp(y) * cotangent",
        ("ops.log_softmax",),
    ),
    Bug(
        "sigmoid's gradient has a wrong sign inside",
        NN + "activations",
        "vjp=lambda g, y, x: g * y * (1 - y),",
        "vjp=lambda g, y, x: g * y * (1 + y),",
        ("ops.sigmoid",),
    ),
    Bug(
        "tanh's gradient is not squared",
        "minicnn.ops.numpy.trigonometric",
        "vjp=(lambda g, y, x: g * (1 - ops.square(y)),))",
        "vjp=(lambda g, y, x: g * (1 - ops.abs(y)),))",
        ("ops.tanh()",),
    ),
    Bug(
        "the leak of leaky_relu is lost on the way back",
        NN + "activations",
        "ops.where(x > 0, g, g * negative_slope),",
        "ops.where(x > 0, g, g * negative_slope**2),",
        ("layers.LeakyReLU",),
    ),
    Bug(
        "elu's gradient forgets alpha",
        NN + "activations",
        "ops.where(x > 0, g, g * (y + alpha)),",
        "ops.where(x > 0, g, g * (y + 1)),",
        ("layers.ELU",),
    ),
    Bug(
        "silu's gradient is that of sigmoid times x",
        NN + "activations",
        "return g * (s + y * (1 - s))",
        "return g * (s + x * (1 - s))",
        ("ops.silu",),
    ),
    Bug(
        "gelu's cubic constant is rounded",
        NUMPY + "activations",
        "x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x))) / 2",
        "x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.0447 * x * x * x))) / 2",
        ("ops.gelu",),
    ),
]
NORMALIZATION = [
    Bug(
        "the mean term of the moments' gradient is dropped",
        NN + "normalization",
        "return (x - mean) * (2 * by_variance / count) + by_mean / count",
        "return (x - mean) * (2 * by_variance / count)",
        ("layers.BatchNormalization", "layers.LayerNormalization"),
    ),
    Bug(
        "the variance's gradient forgets 1/N",
        NN + "normalization",
        "return (x - mean) * (2 * by_variance / count) + by_mean / count",
        "return (x - mean) * (2 * by_variance) + by_mean / count",
        ("layers.BatchNormalization",),
    ),
    Bug(
        "the variance is the unbiased one",
        NUMPY + "normalization",
        "variance = ((wide - mean) ** 2).mean(axes, keepdims=keepdims)",
        "variance = wide.var(axes, ddof=1, keepdims=keepdims)",
        ("layers.BatchNormalization",),
    ),
    Bug(
        "the moving averages use the momentum the other way round",
        "minicnn.layers.normalization.base_normalization",
        "average.assign(average * momentum + ops.stop_gradient(value) * (1 - momentum))",
        "average.assign(average * (1 - momentum) + ops.stop_gradient(value) * momentum)",
        ("layers.BatchNormalization",),
    ),
    Bug(
        "inference uses the batch's statistics",
        "minicnn.layers.normalization.batch_normalization",
        "if not (training and self.trainable):",
        "if not self.trainable:",
        ("layers.BatchNormalization",),
    ),
    Bug(
        "epsilon is added to the standard deviation",
        NN + "normalization",
        "    factor = ops.rsqrt(variance + epsilon)\n    if scale is not None:",
        "    factor = 1 / (ops.sqrt(variance) + epsilon)\n    if scale is not None:",
        ("layers.BatchNormalization",),
    ),
    Bug(
        "the mask is not looked at in a variance",
        "minicnn.layers.normalization.batch_normalization",
        "squares = ops.square(ops.where(counts, x - mean, 0))",
        "squares = ops.square(x - mean)",
        ("layers.BatchNormalization() on (2, 7, 4), mask",),
    ),
]
REGULARIZATION = [
    Bug(
        "dropout's mask is drawn twice, once on the way back",
        "minicnn.random.dropout",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key + 1, rate, mask_shape),",
        ("layers.Dropout",),
    ),
    Bug(
        "dropout is not undone in the gradient",
        "minicnn.random.dropout",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: g,",
        ("layers.Dropout",),
    ),
    Bug(
        "dropout in inference",
        "minicnn.layers.regularization.dropout",
        "if not training",
        "if training is None",
        ("layers.Dropout",),
    ),
]
LOSSES = [
    Bug(
        "the mean squared error is halved",
        "minicnn.losses.regression_losses",
        "return ops.mean(ops.square(y_true - y_pred), axis=-1)",
        "return ops.mean(ops.square(y_true - y_pred), axis=-1) / 2",
        ("losses.MeanSquaredError",),
    ),
    Bug(
        "a mean forgets 1/N",
        "minicnn.losses.loss",
        "    return ops.mean(values)\n",
        "    return ops.sum(values)\n",
        ("losses.MeanSquaredError",),
    ),
    Bug(
        "sample weights divide where they should not",
        "minicnn.losses.loss",
        'if reduction == "mean_with_sample_weight" and sample_weight is not None:',
        "if sample_weight is not None:",
        ("losses.MeanSquaredError",),
    ),
    Bug(
        "the label's one is not subtracted from softmax",
        NUMPY + "losses",
        "np.put_along_axis(gradient, labels[..., None], picked - 1, -1)",
        "np.put_along_axis(gradient, labels[..., None], picked, -1)",
        ("losses.SparseCategoricalCrossentropy",),
    ),
    Bug(
        "probabilities are clipped at a tenth",
        NN + "crossentropy",
        "return ops.clip(probabilities, config.epsilon(), 1 - config.epsilon())",
        "return ops.clip(probabilities, 0.1, 1 - config.epsilon())",
        ("losses.CategoricalCrossentropy", "losses.BinaryCrossentropy"),
    ),
    Bug(
        "huber's far part is not continuous",
        "minicnn.losses.regression_losses",
        "far = delta * error - 0.5 * delta**2",
        "far = delta * error",
        ("losses.Huber",),
    ),
]
OPTIMIZERS = [
    Bug(
        "Adam's epsilon is inside the root",
        NUMPY + "optimizers",
        "number(alpha) * momentum / (np.sqrt(velocity) + number(epsilon))",
        "number(alpha) * momentum / np.sqrt(velocity + number(epsilon))",
        ("optimizers.Adam",),
    ),
    Bug(
        "Adam's bias is corrected for the step before",
        "minicnn.optimizers.adam",
        "alpha = float(learning_rate) * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)",
        "alpha = float(learning_rate) * (1 - self.beta_2 ** (t + 1)) ** 0.5 / (1 - self.beta_1**t)",
        ("optimizers.Adam",),
    ),
    Bug(
        "the first moment is not corrected",
        "minicnn.optimizers.adam",
        "alpha = float(learning_rate) * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)",
        "alpha = float(learning_rate) * (1 - self.beta_2**t) ** 0.5",
        ("optimizers.Adam",),
    ),
    Bug(
        "Nesterov's momentum looks ahead with the old velocity",
        NUMPY + "optimizers",
        "    velocity = momentum * velocity - step\n    if nesterov:",
        "    old, velocity = velocity, momentum * velocity - step\n"
        "    if nesterov and (velocity := old) is old:",
        ("optimizers.SGD",),
    ),
    Bug(
        "RMSprop's epsilon is outside the root",
        NUMPY + "optimizers",
        "gradient / np.sqrt(spread + number(epsilon))",
        "gradient / (np.sqrt(spread) + number(epsilon))",
        ("optimizers.RMSprop",),
    ),
    Bug(
        "amsgrad keeps the smallest velocity",
        NUMPY + "optimizers",
        "largest = np.maximum(largest, velocity)",
        "largest = np.minimum(largest, velocity)",
        ("optimizers.Adam",),
    ),
]
METRICS = [
    Bug(
        "a mean is the mean of the batches' means",
        "minicnn.metrics.reduction_metrics",
        "self.count.assign_add(_samples(values) if weight is None else ops.sum(weight))",
        "self.count.assign_add(_samples(values))",
        ("metrics.Mean(",),
    ),
    Bug(
        "the area under a curve counts the left heights",
        "minicnn.metrics.auc",
        "AUCSummationMethod.INTERPOLATION: lambda: (left + right) / 2.0,",
        "AUCSummationMethod.INTERPOLATION: lambda: left,",
        ("metrics.AUC",),
    ),
    Bug(
        "recall takes the false positives for the false negatives",
        "minicnn.metrics.auc",
        "recall = share(tp, tp + fn)",
        "recall = share(tp, tp + fp)",
        ("metrics.AUC",),
    ),
]
ARITHMETIC = [
    Bug(
        "the second factor's gradient is the second factor",
        "minicnn.ops.numpy.arithmetic",
        "vjp=(lambda g, y, x1, x2: g * x2, lambda g, y, x1, x2: g * x1),",
        "vjp=(lambda g, y, x1, x2: g * x2, lambda g, y, x1, x2: g * x2),",
        ("ops.multiply", "layers.Multiply"),
    ),
    Bug(
        "a square's gradient forgets the two",
        "minicnn.ops.numpy.arithmetic",
        "vjp=(lambda g, y, x: 2 * g * x,),",
        "vjp=(lambda g, y, x: g * x,),",
        ("ops.square",),
    ),
    Bug(
        "a difference's second gradient has the sign of a sum",
        "minicnn.ops.numpy.arithmetic",
        "vjp=(lambda g, *_: g, lambda g, *_: -g))\ndef subtract",
        "vjp=(lambda g, *_: g, lambda g, *_: -(-g)))\ndef subtract",
        ("ops.subtract",),
    ),
    Bug(
        "a variance's gradient is not doubled",
        "minicnn.ops.numpy.reductions",
        "return stretched(g * (2 / reduced_count(x, y)), x, axis, keepdims) * deviation",
        "return stretched(g * (1 / reduced_count(x, y)), x, axis, keepdims) * deviation",
        ("ops.var",),
    ),
    Bug(
        "broadcasting is undone by a mean",
        "minicnn.ops.declare",
        'g = OPERATIONS["sum"](g, axis=axes, keepdims=True)',
        'g = OPERATIONS["mean"](g, axis=axes, keepdims=True)',
        ("layers.Dense", "ops.add"),
    ),
    Bug(
        "arctan2's gradient forgets the squares",
        "minicnn.ops.numpy.trigonometric",
        "lambda g, y, x1, x2: g * x2 / (ops.square(x1) + ops.square(x2)),",
        "lambda g, y, x1, x2: g * x2 / (ops.abs(x1) + ops.abs(x2)),",
        ("ops.arctan2",),
    ),
]
BUGS: list[Bug] = [
    *CONVOLUTION,
    *POOLING,
    *ACTIVATIONS,
    *NORMALIZATION,
    *REGULARIZATION,
    *LOSSES,
    *OPTIMIZERS,
    *METRICS,
    *ARITHMETIC,
]
