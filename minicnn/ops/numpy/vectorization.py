"""`vectorize`: a function of single elements applied to whole tensors."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import operations as ops

__all__ = [
    "vectorize",
]


def _core_ranks(side: str) -> list[int]:
    """The number of axes of each argument on one side of a signature.

    >>> _core_ranks("(m,n),()")
    [2, 0]
    """
    groups = re.findall(r"\(([^()]*)\)", side)
    return [len([name for name in group.split(",") if name.strip()]) for group in groups]


def vectorize(pyfunc: Callable, *, excluded: Any = None, signature: str | None = None) -> Callable:
    """A function that applies `pyfunc` to each element (or each part), and stacks the results.

    Args:
        pyfunc: a function of scalars (or of the parts that the signature names).
        excluded: positions and names of arguments that are passed as they are.
        signature: the axes that belong together, as `"(n),(n)->()"`; the axes before are looped
            over, with broadcasting.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.vectorize(lambda x, y: x if x > y else y)([1, 4], [2, 3])
        Tensor([2, 4], dtype=int32)
    """
    if not callable(pyfunc):
        raise ValueError(f"Expected argument `pyfunc` to be a callable. Received: pyfunc={pyfunc}")
    fixed = set(excluded or ())

    @functools.wraps(pyfunc)
    def wrapped(*args, **kwargs):
        looped = [i for i in range(len(args)) if i not in fixed]
        tensors = [ops.convert_to_tensor(args[i]) for i in looped]
        ranks = _core_ranks(signature.split("->")[0]) if signature else [0] * len(tensors)
        if len(ranks) != len(tensors):
            raise ValueError(
                f"The signature {signature!r} is one of {len(ranks)} arguments, but the function "
                f"was called with {len(tensors)}."
            )
        outer = [x.shape[: x.ndim - rank] for x, rank in zip(tensors, ranks, strict=True)]
        shape = np.broadcast_shapes(*outer)
        tensors = [
            ops.broadcast_to(x, (*shape, *x.shape[x.ndim - rank :]))
            for x, rank in zip(tensors, ranks, strict=True)
        ]

        def at(index):
            given = list(args)
            for i, x in zip(looped, tensors, strict=True):
                given[i] = x[index] if index else x
            return pyfunc(*given, **kwargs)

        results = [at(index) for index in itertools.product(*map(range, shape))]
        return _joined(results, shape)

    return wrapped


def _joined(results: list, shape: tuple[int, ...]) -> Any:
    """The results, stacked leaf by leaf, with the looped axes first."""
    leaves = zip(*(tree.flatten(result) for result in results), strict=True)
    stacked = [ops.stack(list(leaf)) for leaf in leaves]
    shaped = [ops.reshape(x, (*shape, *x.shape[1:])) for x in stacked]
    return tree.pack_sequence_as(results[0], shaped)
