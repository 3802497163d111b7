"""The definition of every kernel: a few lines of NumPy that read like the formula.

The functions take any float type, and complex numbers where they are analytic, so that the complex
step can check their derivatives. All images are channels-last: `(batch, *spatial, channels)`.
"""

MODULES = {
    "activations": (
        "celu",
        "elu",
        "gelu",
        "glu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_tanh",
        "leaky_relu",
        "log_sigmoid",
        "log_softmax",
        "log_softmax_gradient",
        "logsumexp",
        "relu",
        "relu6",
        "relu_gradient",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softmax",
        "softmax_gradient",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparse_sigmoid",
        "squareplus",
        "tanh_shrink",
        "threshold",
    ),
    "conv": (
        "col2im",
        "conv",
        "conv_input_gradient",
        "conv_kernel_gradient",
        "im2col",
    ),
    "pool": (
        "average_pool",
        "average_pool_gradient",
        "max_pool",
        "max_pool_gather",
        "max_pool_gradient",
    ),
    "special": ("erf", "erfc", "erfinv"),
}
