"""Compiles functions with Numba and stores their machine code on disk."""
