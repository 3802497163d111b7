"""How the value of a loss came about, for the losses whose formula is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import losses
from minicnn.analysis.explanations.explanation import Explanation, Parts, Step, Terms
from minicnn.analysis.recorded_gradients import RecordedGradients

Rule = Callable[[Any, np.ndarray, np.ndarray], Parts]


def explained_loss(found: RecordedGradients, loss: Any) -> Explanation:
    """The terms and steps that give the loss of a computation with targets.

    A loss without a rule is one step, computed from all predictions.

    Args:
        found: the gradients of the loss, as `record_gradients` returns them.
        loss: the loss that the model was compiled with.
    """
    x = found.recorded.prediction.numpy().astype("float64")
    rule = next((r for kind, r in VALUE_RULES if isinstance(loss, kind)), None)
    name = type(loss).__name__
    if rule is None:
        terms = _terms("predictions", x, {"prediction": x})
        parts = Parts([terms], [Step(f"computed by {name}", "of all predictions", found.number)])
    else:
        parts = rule(loss, x, found.targets)
    return Explanation("loss", name, (), None, found.number, parts)


def _terms(title: str, x: np.ndarray, factors: dict[str, np.ndarray]) -> Terms:
    places = np.argwhere(np.ones(x.shape, bool))  # with the sample: a loss is of all
    return Terms(title, "input", places, {name: f.reshape(-1) for name, f in factors.items()})


def squared(loss: Any, x: np.ndarray, target: np.ndarray) -> Parts:
    """`Σ e · e / n`, with `e = prediction − target`."""
    e = x - target
    terms = _terms("errors", x, {"error": e, "error again": e})
    mean = terms.total / e.size
    return Parts(
        [terms],
        [
            Step("sum of the squares", "Σ e²", terms.total),
            Step("mean", f"Σ e² / {e.size}", mean),
        ],
    )


def absolute(loss: Any, x: np.ndarray, target: np.ndarray) -> Parts:
    """`Σ |e| / n`, with `e = prediction − target`."""
    terms = _terms("errors", x, {"size of the error": abs(x - target)})
    steps = [
        Step("sum of the sizes", "Σ |e|", terms.total),
        Step("mean", f"Σ |e| / {x.size}", terms.total / x.size),
    ]
    return Parts([terms], steps)


def cross_entropy(loss: Any, x: np.ndarray, target: np.ndarray) -> Parts:
    """`−Σ y · log(p)` of each sample, p the softmax of the logits, or the part of the row's sum."""
    from_logits = loss.get_config().get("from_logits", False)
    numbers = np.exp(x - x.max(axis=-1, keepdims=True)) if from_logits else x
    totals = numbers.sum(axis=-1, keepdims=True)
    p = np.clip(numbers / totals, 1e-7, 1 - 1e-7)
    y = np.eye(x.shape[-1])[target.reshape(-1).astype(int)] if target.size == len(x) else target
    word = "exp(z − largest z)" if from_logits else "prediction"
    steps = []
    for i, total in enumerate(totals.reshape(-1)):
        at = "" if len(x) == 1 else f" of sample {i}"
        steps.append(Step(f"sum{at}", f"Σ {word}", float(total)))
        steps.append(Step("p of the right class", "its part of the sum", float((y * p)[i].sum())))
    of = "−log(p)" if len(x) == 1 else "the mean of −log(p)"
    steps.append(Step("loss", of, float(-(y * np.log(p)).sum() / len(x))))
    return Parts([_terms("numbers", x, {word: numbers})], steps)


VALUE_RULES: list[tuple[Any, Rule]] = [
    (losses.MeanSquaredError, squared),
    (losses.MeanAbsoluteError, absolute),
    ((losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy), cross_entropy),
]
"""Classes of losses and their rule."""
