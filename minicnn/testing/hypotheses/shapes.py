"""What a gradient of the wrong shape looks like."""

from __future__ import annotations

import itertools

import numpy as np

from minicnn.testing.errors import Diagnosis


def wrong_shape(found: np.ndarray, truth: np.ndarray, cotangents: list[np.ndarray]) -> Diagnosis:
    """The gradient has another shape than the input; says why, if the numbers tell."""
    scale = max(np.abs(truth).max(initial=0.0), 1e-300)

    def same(a: np.ndarray) -> bool:
        return a.shape == truth.shape and bool((np.abs(a - truth) <= 1e-6 * scale).all())

    shapes = f"The gradient has shape {found.shape}, but the input has {truth.shape}."
    if found.size == truth.size and same(found.reshape(truth.shape)):
        return Diagnosis("shape", f"{shapes} The numbers are right: reshape it.")
    if found.ndim == truth.ndim:
        for axes in itertools.permutations(range(found.ndim)):
            if same(found.transpose(axes)):
                words = "it is transposed" if found.ndim == 2 else f"transpose it by {axes}"
                return Diagnosis("transpose", f"{shapes} The numbers are right: {words}.")
        cut = _cut(found, truth)
        if cut is not None:
            return cut if cut.kind != "padding" else Diagnosis("padding", f"{shapes} {cut.text}")
    for axes in _subsets(found.ndim):
        for reduce, verb in ((np.sum, "sum"), (np.mean, "average")):
            reduced = reduce(found, axis=axes)
            if reduced.size == truth.size and same(reduced.reshape(truth.shape)):
                over = f"axis {axes[0]}" if len(axes) == 1 else f"the axes {axes}"
                batch = ", the batch" if axes == (0,) else ""
                return Diagnosis(
                    "not summed", f"{shapes} It becomes right as its {verb} over {over}{batch}."
                )
    for c in cotangents:
        for axes in _subsets(c.ndim):
            summed = c.sum(axes)
            if summed.shape == found.shape and np.allclose(summed, found, rtol=1e-6):
                over = " and ".join(map(str, axes))
                return Diagnosis(
                    "wrong axis", f"{shapes} It is the cotangent summed over axis {over}."
                )
    if found.size == 1 and same(np.full(truth.shape, found.ravel()[0])):
        return Diagnosis("shape", f"{shapes} The number is right for every element.")
    if found.size == 1 and np.isclose(found.ravel()[0], truth.sum(), rtol=1e-6):
        return Diagnosis(
            "summed too far", f"{shapes} It is the sum of all elements of the right gradient."
        )
    for axes in _subsets(truth.ndim):
        summed = truth.sum(axes)
        if summed.size == found.size and np.allclose(summed.ravel(), found.ravel(), rtol=1e-6):
            return Diagnosis(
                "summed too far",
                f"{shapes} It is the right gradient, summed over axis "
                f"{' and '.join(map(str, axes))}, which is once too often.",
            )
    return Diagnosis("shape", f"{shapes} A gradient has the shape of its input.")


def _subsets(ndim: int) -> list[tuple[int, ...]]:
    """All sets of axes, the smallest first."""
    counts = range(1, ndim + 1)
    return [axes for count in counts for axes in itertools.combinations(range(ndim), count)]


def _cut(found: np.ndarray, truth: np.ndarray) -> Diagnosis | None:
    """The gradient of a padded input, of which the padding was not cut off."""
    extra = [a - b for a, b in zip(found.shape, truth.shape, strict=True)]
    if min(extra) < 0:
        return None
    scale = max(np.abs(truth).max(initial=0.0), 1e-300)
    for starts in itertools.product(*(range(n + 1) for n in extra)):
        part = tuple(slice(s, s + n) for s, n in zip(starts, truth.shape, strict=True))
        if (np.abs(found[part] - truth) <= 1e-6 * scale).all():
            cut = ", ".join(f"{s}:{s + n}" for s, n in zip(starts, truth.shape, strict=True))
            return Diagnosis("padding", f"The padding is not cut off: the right part is [{cut}].")
    return None
