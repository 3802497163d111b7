"""The shapes of results, which minicnn must also find from the shapes and types of inputs alone.

In other libraries they are those of the results themselves, so that Keras's results judge what
minicnn finds without values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from compare.cases.kinds.shared import dtype
from compare.libraries.library import Library

LEFT_OUT = (
    # They look at values or give Python numbers; `x[indices]` takes no symbolic indices.
    *("convert_to_numpy", "get_item", "ndim", "shape"),
    # Its user says the shape; it crops in training only, but has one outline, as in Keras.
    *("Lambda", "RandomCrop"),
)
# The first axis is one whose length must be known: of a matrix, of points, of the vectors.
NEED_FIRST_LENGTH = (
    *("batch_normalization", "cross", "ifft2", "image.map_coordinates", "searchsorted"),
    *("image.perspective_transform", "det", "inv", "logdet", "cholesky", "cholesky_inverse"),
    *("eigh", "qr", "solve", "solve_triangular"),
)


def outline(
    library: Library,
    name: str,
    call: Callable[[list], list],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
) -> str:
    """The shapes of the outputs; or minicnn's without values, where they do not fit these.

    Args:
        name: of the function or layer.
        call: gives the outputs for nested inputs.
        inputs, outputs: with values.
    """
    tree, right = library.keras.tree, _text(outputs)
    if name in LEFT_OUT or library.symbol((), "float32") is None:
        return right
    for first_is_known in (True, False):
        if not first_is_known and name in NEED_FIRST_LENGTH:
            continue
        symbol = partial(_symbol, library, first_is_known)
        found = call(tree.map_structure(symbol, list(inputs)))
        if len(found) != len(outputs) or not all(map(_fits, found, outputs)):
            return f"without values: {_text(found)}"
    return right


def _symbol(library: Library, first_is_known: bool, x: Any) -> Any:
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        return x
    shape = _shape(x)
    return library.symbol(shape if first_is_known else (None, *shape[1:])[: len(shape)], dtype(x))


def _fits(found: Any, right: Any) -> bool:
    """Whether the type and all known lengths are right."""
    shape, wanted = _shape(found), _shape(right)
    if len(shape) != len(wanted) or dtype(found) != dtype(right):
        return False
    return all(n in (None, m) for n, m in zip(shape, wanted, strict=True))


def _shape(x: Any) -> tuple[int | None, ...]:
    return tuple(None if n is None else int(n) for n in getattr(x, "shape", ()))


def _text(tensors: Sequence[Any]) -> str:
    return " ".join(str(_shape(x)) for x in tensors)
