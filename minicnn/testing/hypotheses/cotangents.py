"""Explanations of what was done with the cotangent."""

from __future__ import annotations

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence


def cotangent_ignored(evidence: Evidence) -> Diagnosis | None:
    """The gradient is the same for every cotangent."""
    random = np.random.default_rng(9)
    other = evidence.found_for(random.standard_normal(evidence.cotangent.shape))
    if other.shape != evidence.found.shape or not evidence.same(other, evidence.found):
        return None
    text = "The gradient is the same for every cotangent (the gradient that comes from above)"
    if evidence.jacobian is not None:
        ones = evidence.jacobian.sum(0).reshape(evidence.x.shape)
        if evidence.same(ones, evidence.found):
            text += "; it is the one for ones"
    return Diagnosis("cotangent ignored", f"{text}: multiply by the cotangent.")


def cotangent_passed_through(evidence: Evidence) -> Diagnosis | None:
    """The gradient is the cotangent itself."""
    for c in evidence.cotangents:
        if c.shape == evidence.found.shape and evidence.same(c, evidence.found):
            return Diagnosis(
                "slope",
                "The gradient is the cotangent itself, unchanged: the function's own slope is "
                "missing.",
            )
    return None


def something_added(evidence: Evidence) -> Diagnosis | None:
    """The right gradient, and on top of it an input, the cotangent, or a constant."""
    extra = evidence.found - evidence.truth
    for c in evidence.cotangents:
        factor = evidence.factor(extra, c)
        if factor is not None:
            verb = "added" if factor > 0 else "missing"
            times = "" if abs(abs(factor) - 1) < 1e-5 else f"{abs(factor):.6g} times "
            return Diagnosis(
                "added term",
                f"{times}the cotangent itself is {verb}: is there a direct path from the input to "
                "the result (a skip connection)?".capitalize(),
            )
    for name, x in zip(evidence.function.names, evidence.function.arrays, strict=True):
        factor = evidence.factor(extra, x)
        if factor is not None and x.size > 1:
            return Diagnosis(
                "added term",
                f"The gradient is right except for {factor:.6g} · `{name}`, which is added to it: "
                "the gradient of a penalty (weight decay) that is not part of the function?",
            )
    return None


def constant_at_some_places(evidence: Evidence) -> Diagnosis | None:
    """The right gradient, but one number is missing at some elements."""
    missing = evidence.truth - evidence.found
    wrong = np.abs(missing) > 1e-6 * evidence.scale
    values = missing[wrong]
    if wrong.all() or values.size < 2 or np.ptp(values) > 1e-6 * evidence.scale:
        return None
    axes = [a for a in range(wrong.ndim) if (wrong.sum(a) == 1).all() and wrong.shape[a] > 1]
    where = f" (one in each row along axis {axes[0]})" if axes else ""
    return Diagnosis(
        "added term",
        f"{int(wrong.sum())} elements{where} are off by the same number, {-values[0]:.6g}; the "
        "others are right. Is something to be subtracted there, such as the one of a label?",
    )


def not_linear(evidence: Evidence) -> Diagnosis | None:
    """The gradient is no linear function of the cotangent."""
    c = evidence.cotangent
    random = np.random.default_rng(11)
    other = random.standard_normal(c.shape)
    together, apart = (
        evidence.found_for(c + other),
        evidence.found_for(c) + evidence.found_for(other),
    )
    if together.shape != evidence.found.shape or evidence.same(together, apart):
        return None
    zero = evidence.found_for(np.zeros_like(c))
    if np.any(np.abs(zero) > 1e-9 * evidence.scale):
        return Diagnosis(
            "not linear",
            "The gradient is not zero for a cotangent of zeros: something is added that has "
            "nothing to do with the cotangent.",
        )
    return Diagnosis(
        "not linear",
        "The gradient of two cotangents together is not the sum of their gradients. It has to be "
        "linear in the cotangent: is a mask or a square taken of the cotangent instead of the "
        "input?",
    )
