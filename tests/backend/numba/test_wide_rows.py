"""Rows, images and channels that are larger than a piece of work: no piece may have no row."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import config
from minicnn.backend import kernels

COLUMNS = 130_000  # more than the least number of elements of a piece, in every file


def rows(rng, count=3, columns=COLUMNS):
    return rng.standard_normal((count, columns)).astype("float32")


def images(rng, batch=3):
    return rng.standard_normal((batch, 2, 2, COLUMNS)).astype("float32")


WINDOW = (2, 2), (2, 2), ((0, 0), (0, 0))
CASES = {
    "argmax": lambda r: (rows(r), -1),
    "softmax": lambda r: (rows(r),),
    "softmax_gradient": lambda r: (rows(r), abs(rows(r)) / COLUMNS),
    "log_softmax": lambda r: (rows(r),),
    "log_softmax_gradient": lambda r: (rows(r), rows(r) - 12),
    "sparse_softmax_cross_entropy": lambda r: (rows(r), np.array([0, 5, COLUMNS - 1])),
    "sparse_softmax_cross_entropy_gradient": lambda r: (
        rows(r)[:, 0],
        rows(r),
        np.array([0, 5, COLUMNS - 1]),
    ),
    "add": lambda r: (rows(r), rows(r)[0]),
    "multiply": lambda r: (rows(r), rows(r)[0]),
    "sum": lambda r: (rows(r), 0),
    "moments": lambda r: (rows(r), 0),
    "batch_norm_layer": lambda r: (rows(r), *rows(r, 2), 1e-3, "relu"),
    "scale_and_shift": lambda r: (rows(r), *rows(r, 2), "relu"),
    "average_pool": lambda r: (images(r), *WINDOW),
    "max_pool": lambda r: (images(r), (2, 1), (1, 1), ((0, 0), (0, 0))),
    "max_pool_2x2": lambda r: (images(r),),
    "dense_layer": lambda r: (rows(r, 3, 2), rows(r, 2), rows(r)[0], "relu"),
    "dense_layer_gradients": lambda r: (
        rows(r),
        rows(r, 3, 2),
        rows(r, 2),
        abs(rows(r)),
        "relu",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rows_wider_than_a_piece(name):
    found = {}
    for backend, dtype in (("numba", "float32"), ("numpy", "float64")):
        config.set_backend(backend)
        arguments = [
            a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
            for a in CASES[name](np.random.default_rng(4))
        ]
        result = getattr(kernels, name)(*arguments)
        found[backend] = [
            np.asarray(y) for y in (result if isinstance(result, tuple) else [result])
        ]
    for fast, exact in zip(found["numba"], found["numpy"], strict=True):
        assert fast.shape == exact.shape
        size = abs(exact).max()
        np.testing.assert_allclose(fast, exact, rtol=1e-4, atol=3e-5 * size)
