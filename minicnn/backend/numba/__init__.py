"""The same kernels as `backend/numpy`, compiled by Numba.

Only functions that Numba makes faster are here; for all others `kernels` takes NumPy's. A file is
imported, and Numba with it, when the first kernel in it is needed, and each kernel is compiled when
it is first called, then kept on disk.
"""

MODULES: dict[str, tuple[str, ...]] = {
    "activations": (
        "celu",
        "hard_sigmoid",
        "hard_silu",
        "leaky_relu",
        "log_softmax",
        "log_softmax_gradient",
        "relu",
        "relu6",
        "relu_gradient",
        "softmax",
        "softmax_gradient",
        "softsign",
    ),
    "arithmetic": (
        "add",
        "add_and_activate",
        "multiply",
        "sum",
    ),
    "conv": (
        "conv",
        "conv_input_gradient",
        "conv_kernel_gradient",
        "conv_layer",
        "conv_layer_gradients",
    ),
    "dropout": ("dropout",),
    "exponentials": (
        "elu",
        "exp",
        "gelu",
        "log_sigmoid",
        "selu",
        "sigmoid",
        "silu",
        "softplus",
        "tanh",
    ),
    "losses": (
        "sparse_softmax_cross_entropy",
        "sparse_softmax_cross_entropy_gradient",
    ),
    "max_pool_2x2": (
        "max_pool_2x2",
        "max_pool_2x2_gradient",
    ),
    "normalization": (
        "batch_norm_layer",
        "batch_norm_layer_gradients",
        "moments",
        "scale_and_shift",
    ),
    "optimizers": (
        "adam_step",
        "adam_steps",
        "decay_steps",
        "momentum_step",
        "momentum_steps",
        "rmsprop_step",
        "rmsprop_steps",
        "sgd_step",
        "sgd_steps",
    ),
    "pool": (
        "average_pool",
        "average_pool_gradient",
        "max_pool",
        "max_pool_gather",
        "max_pool_gradient",
    ),
    "products": (
        "dense_layer",
        "dense_layer_gradients",
        "matmul",
    ),
    "random": ("random_bits",),
    "reductions": ("argmax",),
}
