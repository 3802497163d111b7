"""How far rounding moves a sum of many numbers in float32, by its terms.

A sum may be much smaller than its terms: then the roundings of the partial sums, not that of the
result, say how far it is off. And where many terms are equal, all of them are rounded alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from compare.errors import UNIT
from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.ops.define.primitive import Primitive


def _products(x: np.ndarray, kernel: np.ndarray, result: np.ndarray) -> float:
    """Of convolutions: each number of x is multiplied by the kernel's numbers of one channel."""
    return x.size * (kernel.size / kernel.shape[-1]) / result.size


# For each operation that adds up products of its tensors' numbers, of how many terms each result
# is the sum (the mean, if these numbers differ). None: as many as it makes of ones.
PRODUCTS: dict[str, Callable[..., float] | None] = {
    "matmul": lambda x1, x2, result: x1.shape[-1],
    "tensordot": None,
    "_einsum": None,
    "conv": lambda x, kernel, result: kernel.size / kernel.shape[-1],
    "conv_transpose": _products,
    "conv_input_gradient": _products,
    "conv_kernel_gradient": lambda x, cotangent, result: cotangent.size / result.shape[-1],
}
# The setting that names the axes of a reduction.
REDUCTIONS = {"sum": "axis", "mean": "axis", "moments": "axes"}


def errors_of_sums(
    primitive: Primitive, args: tuple, kwargs: dict, results: Sequence[np.ndarray]
) -> list[Any]:
    """For each result its error, in units, if its terms are added one after the other in float32.

    A unit is a rounding of 1. Zeros if the operation is no sum.
    """
    name = primitive.name
    if name not in (*PRODUCTS, *REDUCTIONS) or not results[0].size:
        return [0.0] * len(results)
    given, settings = primitive.bind(args, kwargs)
    arrays = [
        [_array(item) for item in x] if name in primitive.sequences else _array(x)
        for name, x in zip(primitive.tensors, given, strict=True)
    ]
    if not all(np.size(x) for x in tree.flatten(arrays)):
        return [0.0] * len(results)
    if name in PRODUCTS:
        return [_of_products(primitive, arrays, settings, *results)]
    terms = _rows(*arrays, settings[REDUCTIONS[name]])
    both = (terms, (terms - terms.mean(0)) ** 2)  # of the mean and of the variance
    count = 1 if name == "sum" else len(terms)
    return [
        (added_one_by_one(t) / count).reshape(result.shape)
        for t, result in zip(both, results, strict=False)
    ]


def usual_error(n: float, result: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The error of a sum of n terms t whose roundings are independent of each other.

    The partial sums are about `result · k/n`, and stray from that by `√k` times the terms' root
    mean square. Each is rounded, so that

        error² = Σₖ (partial sum)² ≈ n · (result² / 3 + Σ t² / 2)

    Source: Higham, Mary, "A new approach to probabilistic rounding error analysis" (2019).
    """
    return np.sqrt(n * (result**2 / 3 + squares / 2)) * (n > 1)


def added_one_by_one(terms: np.ndarray) -> np.ndarray:
    """The error of the sums of columns: the usual one, or that of adding in float32 if larger."""
    exact = terms.sum(0)
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.cumsum(terms, axis=0, dtype="float32")[-1]
        off = np.nan_to_num(np.abs(found - exact), posinf=0.0) / UNIT
    return np.maximum(off * (len(terms) > 1), usual_error(len(terms), exact, (terms**2).sum(0)))


def _of_products(
    primitive: Primitive, arrays: list, settings: dict, result: np.ndarray
) -> np.ndarray:
    def of(change: Callable) -> np.ndarray:
        changed = [[change(i) for i in x] if isinstance(x, list) else change(x) for x in arrays]
        return primitive._forward(changed, settings)

    count = PRODUCTS[primitive.name]
    n = count(*arrays, result) if count else float(np.max(of(np.ones_like)))
    return usual_error(n, result, of(np.square))


def _rows(x: np.ndarray, axis: Any) -> np.ndarray:
    """The array with the reduced axes as rows, the others as columns."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(axis)]
    kept = [a for a in range(x.ndim) if a not in axes]
    lengths = [x.shape[a] for a in axes]
    return x.transpose(*axes, *kept).reshape(int(np.prod(lengths)), -1)


def _array(x: Any) -> np.ndarray:
    return x.array if isinstance(x, Tensor) else np.asarray(getattr(x, "value", x))
