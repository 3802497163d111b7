"""The same kernels as `backend/numpy`, compiled by Numba.

Only functions that Numba makes faster are here; for all others `kernels` takes NumPy's. A file is
imported, and Numba with it, when the first kernel in it is needed, and each kernel is compiled when
it is first called, then kept on disk.
"""

MODULES: dict[str, tuple[str, ...]] = {
    "conv": ("conv", "conv_input_gradient", "conv_kernel_gradient"),
    "pool": (
        "average_pool",
        "average_pool_gradient",
        "max_pool",
        "max_pool_gather",
        "max_pool_gradient",
    ),
}
