"""What the loss, or the score of a class, gives to the gradient of what it is computed from."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis.explanations.explanation import Step
from minicnn.analysis.recorded_gradients import RecordedGradients
from minicnn.autodiff import Tensor


def loss_steps(
    found: RecordedGradients, tensor: Tensor, at: tuple[int, ...], rest: float
) -> list[Step]:
    """The steps whose last one is `rest`, the part of the gradient that no layer gave.

    A known loss is shown by its formula, if that gives this number.
    """
    if found.targets is None:
        return [Step(f"of the {found.of_what}", "1 at the class, 0 elsewhere", rest)]
    z, y = tensor.numpy().astype("float64"), found.targets
    for formula in (cross_entropy, squared_error):
        steps = formula(z, y, at)
        if steps and abs(steps[-1].value - rest) <= 1e-4 * max(abs(rest), 1e-3 / len(z)):
            return steps
    return [Step("of the loss", "its own derivative, and operations outside of layers", rest)]


def cross_entropy(z: np.ndarray, y: Any, at: tuple[int, ...]) -> list[Step]:
    """`(p − y) / N`, p the softmax of the logits z, for a batch of N samples."""
    if z.ndim != 2:
        return []
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = float((e / e.sum(axis=-1, keepdims=True))[at])
    whole = y.size == len(z)
    target = float(int(y.reshape(-1)[at[0]]) == at[1]) if whole else float(y[at])
    formula = f"({p:.5g} − {target:g}) / {len(z)}"
    return [
        Step("  probability p", "softmax of the logits", p),
        Step("  target y", "1 at the right class", target),
        Step("of the cross-entropy", f"(p − y) / N = {formula}", (p - target) / len(z)),
    ]


def squared_error(z: np.ndarray, y: Any, at: tuple[int, ...]) -> list[Step]:
    """`2 · (z − y) / n`, n the number of elements."""
    if y.size != z.size:
        return []
    target, own = float(y.reshape(z.shape)[at]), float(z[at])
    formula = f"2 · ({own:.5g} − {target:.5g}) / {z.size}"
    return [Step("of the squared error", formula, 2 * (own - target) / z.size)]
