"""Compiles kernels with Numba and keeps the machine code on disk."""
