"""Explanations of the form: it is another product of the cotangent with something at hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence


def wrong_operand(evidence: Evidence) -> Diagnosis | None:
    """The cotangent times an input or the result, summed over some axes."""
    for c in evidence.cotangents:
        for name, array in _operands(evidence):
            try:
                product = c * array
            except ValueError:
                continue
            if product.shape != c.shape:
                continue
            for count in range(product.ndim + 1):
                for axes in itertools.combinations(range(product.ndim), count):
                    found = _as_found(product.sum(axes), evidence)
                    factor = None if found is None else evidence.factor(evidence.found, found)
                    if factor is not None:
                        return _say(name, axes, factor)
    return None


def _say(name: str, axes: tuple[int, ...], factor: float) -> Diagnosis:
    times = "" if abs(factor - 1) < 1e-5 else f"{factor:.6g} times "
    over = f", summed over axis {' and '.join(map(str, axes))}" if axes else ""
    what = "the cotangent" if name == "1" else f"the cotangent times {name}"
    return Diagnosis("wrong operand", f"It is {times}{what}{over}. That is not the derivative.")


def _operands(evidence: Evidence) -> Iterator[tuple[str, np.ndarray]]:
    yield "1", np.ones(())
    for name, array in zip(evidence.function.names, evidence.function.arrays, strict=True):
        yield f"`{name}`", array
        if array.size > 1:
            yield f"`{name}` squared", array**2
            for count in range(1, array.ndim + 1):
                for axes in itertools.combinations(range(array.ndim), count):
                    centred = array - array.mean(axes, keepdims=True)
                    yield f"`{name}` minus its mean over axis {axes}", centred
    for y in evidence.function.results:
        yield "the result", y


def _as_found(array: np.ndarray, evidence: Evidence) -> np.ndarray | None:
    if array.size != evidence.found.size or array.ndim > evidence.found.ndim:
        return None
    return array.reshape(evidence.found.shape)
