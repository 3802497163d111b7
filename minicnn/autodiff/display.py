"""How notebooks show tensors and variables."""

from __future__ import annotations

import html

import numpy as np


def array_as_html(name: str, array: np.ndarray) -> str:
    """Shape, type and range of the values, then the values, shortened.

    >>> array_as_html("Tensor", np.array([1.0, 2.0]))
    '<div><b>Tensor</b> (2,) float64, 1 … 2<pre>[1. 2.]</pre></div>'
    """
    values = np.array2string(array, threshold=60, edgeitems=2, precision=4)
    title, rest = html.escape(name), f"{array.shape} {array.dtype}{_range(array)}"
    return f"<div><b>{title}</b> {rest}<pre>{html.escape(values)}</pre></div>"


def _range(array: np.ndarray) -> str:
    if not array.size or array.dtype.kind not in "iuf":
        return ""
    low, high = (float(x) for x in (array.min(), array.max()))
    return f", {low:.4g} … {high:.4g}"
