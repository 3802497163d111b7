"""Short descriptions of values for error messages: types and shapes, not numbers."""

from __future__ import annotations

from typing import Any

_MOST = 8  # entries of a list or dict that are described one by one


def described(x: Any) -> str:
    """A description: the shape of an array, the entries of a list or dict, else the type.

    >>> import numpy as np
    >>> described((np.ones((32, 4)), None, {"a": 1.5}))
    'a tuple of 3 (a ndarray of shape (32, 4), None, a dict of 1 (a: a float))'
    """
    if x is None:
        return "None"
    if isinstance(x, dict):
        return _with_parts(x, [f"{key}: {described(value)}" for key, value in _first(x.items())])
    if isinstance(x, (list, tuple)):
        return _with_parts(x, [described(value) for value in _first(x)])
    kind = type(x).__name__
    shape = f" of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}{shape}"


def _first(items: Any) -> list:
    return [item for item, _ in zip(items, range(_MOST), strict=False)]


def _with_parts(x: Any, parts: list[str]) -> str:
    more = ", ..." if len(x) > _MOST else ""
    return f"a {type(x).__name__} of {len(x)} ({', '.join(parts)}{more})"
