"""Names for numbers: what a factor may stand for."""

from __future__ import annotations

import itertools
import math

import numpy as np

from minicnn.testing.evidence import Evidence

CLOSE = 1e-5


def named_sizes(evidence: Evidence) -> dict[str, float]:
    """Numbers that may be forgotten or used once too often, the likeliest first."""
    function, x = evidence.function, evidence.x
    shape = function.shapes[0] if len(function.shapes) == 1 else ()
    first = function.arrays[0].shape
    sizes: dict[str, float] = {}
    if first and (not shape or shape[0] == first[0]):
        sizes["the batch size"] = first[0]
    sizes |= function.sizes
    if shape and x.size % int(np.prod(shape)) == 0:
        sizes["the number of inputs for each result (the window)"] = x.size // int(np.prod(shape))
    for name, array in zip(function.names, function.arrays, strict=True):
        values = np.unique(array[array != 0])
        if values.size == 1 and array.size > 1:
            sizes[f"the value in `{name}`"] = float(values[0])
    if len(shape) == 4:
        kernel = next((a.shape for a in function.arrays[1:] if a.ndim == 4), None)
        first_channels = kernel is not None and shape[1] == kernel[0] != shape[3]
        height, width = shape[2:] if first_channels else shape[1:3]
        sizes["the number of positions in a result (height × width)"] = height * width
    for what, lengths in (("the result", shape), (f"`{evidence.name}`", x.shape)):
        for count in range(1, len(lengths) + 1):
            for axes in itertools.combinations(range(len(lengths)), count):
                size = math.prod(lengths[a] for a in axes)
                sizes.setdefault(_axes_name(what, axes, len(lengths)), size)
    sizes["the factor 2 of a square's slope"] = 2
    return {name: size for name, size in sizes.items() if abs(size) not in (0, 1)}


def _axes_name(what: str, axes: tuple[int, ...], ndim: int) -> str:
    if len(axes) == ndim:
        return f"the number of elements of {what}"
    if len(axes) == 1:
        return f"the length of axis {axes[0]} of {what}"
    return f"the number of elements of {what} along the axes {axes}"


def name_factor(factor: float, evidence: Evidence) -> str:
    """What a factor of the found gradient stands for, as half a sentence; empty if unknown."""
    size = abs(factor)
    sizes = named_sizes(evidence)
    names = _matching(size, sizes)
    if names:
        return f"{_number(size)} is {names}: a division by it is missing, or it is there twice"
    names = _matching(1 / size, sizes)
    if names:
        return (
            f"1/{_number(1 / size)}, where {_number(1 / size)} is {names}: it is missing, or "
            "divided by once too often (averaged instead of summed)"
        )
    for power, words in ((0.5, "the square root of"), (2, "the square of")):
        names = _matching(size ** (1 / power), sizes)
        if names and power == 2 and size != 4:
            return f"{words} {names}"
    return ""


def _matching(value: float, sizes: dict[str, float]) -> str:
    names = [name for name, size in sizes.items() if np.isclose(value, size, rtol=CLOSE)]
    shown = names[:2] + (names[-1:] if len(names) > 2 and value == 2 else [])
    return ", or ".join(shown)


def _number(value: float) -> str:
    return f"{round(value)}" if math.isclose(value, round(value), rel_tol=CLOSE) else f"{value:.6g}"
