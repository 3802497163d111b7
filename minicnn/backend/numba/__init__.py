"""Faster versions of kernels of `backend/numpy`, compiled to machine code by Numba.

Only functions that Numba makes faster are here; for all others `kernels` takes NumPy's. A file (and
Numba) is imported when the first kernel in it is needed. A compiled function is compiled at its
first call for each combination of argument types, and its machine code is stored on disk.

How to read these files: the public functions at the top check types and shapes, make the result
arrays and call a compiled function (`@compiled`) on several threads. Compiled functions are plain
loops over numbers, or over vectors of eight float32 (`machine/simd.py`).
"""

MODULES: dict[str, tuple[str, ...]] = {
    "activations": (
        "celu",
        "hard_sigmoid",
        "hard_silu",
        "leaky_relu",
        "relu",
        "relu6",
        "relu6_gradient",
        "relu_gradient",
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
    "recurrent": (
        "recurrent_layer",
        "recurrent_layer_gradients",
    ),
    "reductions": ("argmax",),
    "softmax": (
        "log_softmax",
        "log_softmax_gradient",
        "softmax",
        "softmax_gradient",
    ),
}
