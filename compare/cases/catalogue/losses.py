"""Cases of losses: name, labels, predictions, sample weights (if there are three), settings."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case, KnownDifference
from compare.cases.values import (
    Values,
    apart,
    binary,
    distribution,
    one_hot,
    signs,
    unit,
    whole,
    within,
)

SHAPE = (5, 3)
LONG = (4, 2, 3)
SCORES = within(0.05, 0.95, *SHAPE)
LOGITS = apart(*SHAPE)
MASS = distribution(*SHAPE)
LABELS = binary(*SHAPE)
CLASSES = one_hot(*SHAPE)
NUMBERS = within(-2.0, 2.0, *SHAPE)._replace(fixed=True)
AMOUNTS = within(0.5, 3.0, *SHAPE)._replace(fixed=True)
RARE = distribution(*SHAPE)._replace(fixed=True)
WEIGHTS = within(0.2, 2.0, 5)._replace(fixed=True)


NOT_IN_CONFIG = {
    "CosineSimilarity": "axis",
    "Huber": "delta",
    "SparseCategoricalCrossentropy": "axis",
}


def loss(name: str, *inputs: Values, **settings: Any) -> Case:
    """A case of a loss."""
    lacks = NOT_IN_CONFIG.get(name)
    reason = f"Keras's configuration leaves out {lacks}"
    known = (KnownDifference("config", reason),) if lacks else ()
    return Case("losses", name, inputs, settings, known_differences=known)


def plain(name: str, labels: Values, predictions: Values, **settings: Any) -> list[Case]:
    """Cases of a loss with every reduction, and with sample weights."""
    return [
        loss(name, labels, predictions, **settings),
        loss(name, labels, predictions, WEIGHTS, **settings),
        *(
            loss(name, labels, predictions, WEIGHTS, reduction=reduction, **settings)
            for reduction in ("sum", "mean", "mean_with_sample_weight", "none")
        ),
    ]


CASES = [
    *plain("MeanSquaredError", NUMBERS, LOGITS),
    loss("MeanSquaredError", apart(*LONG), apart(*LONG)),
    loss("MeanAbsoluteError", NUMBERS, LOGITS),
    loss("MeanAbsoluteError", NUMBERS, LOGITS, WEIGHTS),
    loss("MeanAbsolutePercentageError", AMOUNTS, LOGITS),
    loss("MeanSquaredLogarithmicError", AMOUNTS, within(0.5, 3.0, *SHAPE)),
    loss("CosineSimilarity", NUMBERS, LOGITS),
    loss("CosineSimilarity", NUMBERS, LOGITS, axis=0),
    loss("Huber", NUMBERS, LOGITS),
    loss("Huber", NUMBERS, LOGITS, WEIGHTS, delta=0.4),
    loss("LogCosh", NUMBERS, LOGITS),
    loss("Hinge", signs(*SHAPE), LOGITS),
    loss("Hinge", LABELS, LOGITS),
    loss("SquaredHinge", signs(*SHAPE), LOGITS),
    loss("CategoricalHinge", CLASSES, LOGITS),
    loss("KLDivergence", RARE, MASS),
    loss("KLDivergence", RARE, MASS, WEIGHTS),
    loss("Poisson", AMOUNTS, within(0.5, 3.0, *SHAPE)),
    *plain("BinaryCrossentropy", LABELS, SCORES),
    loss("BinaryCrossentropy", LABELS, SCORES, label_smoothing=0.2),
    loss("BinaryCrossentropy", LABELS, LOGITS, from_logits=True),
    *plain("CategoricalCrossentropy", CLASSES, MASS),
    loss("CategoricalCrossentropy", CLASSES, within(0.1, 2.0, *SHAPE)),
    loss("CategoricalCrossentropy", CLASSES, MASS, label_smoothing=0.2),
    loss("CategoricalCrossentropy", CLASSES, LOGITS, from_logits=True),
    loss("CategoricalCrossentropy", RARE, LOGITS, WEIGHTS, from_logits=True),
    loss("CategoricalCrossentropy", one_hot(*LONG), apart(*LONG), from_logits=True),
    *plain("SparseCategoricalCrossentropy", whole(0, 3, 5), MASS),
    loss("SparseCategoricalCrossentropy", whole(0, 3, 5), LOGITS, from_logits=True),
    loss("SparseCategoricalCrossentropy", whole(0, 3, 4, 2), apart(*LONG), from_logits=True),
    loss("SparseCategoricalCrossentropy", whole(0, 3, 5), MASS, ignore_class=1),
    loss("SparseCategoricalCrossentropy", whole(0, 3, 5), LOGITS, from_logits=True, ignore_class=0),
    loss("BinaryFocalCrossentropy", LABELS, SCORES),
    loss("BinaryFocalCrossentropy", LABELS, SCORES, apply_class_balancing=True, gamma=1.5),
    loss("BinaryFocalCrossentropy", LABELS, LOGITS, from_logits=True, label_smoothing=0.1),
    loss("CategoricalFocalCrossentropy", CLASSES, MASS),
    loss("CategoricalFocalCrossentropy", CLASSES, MASS, alpha=[0.2, 0.3, 0.4], gamma=3.0),
    loss("CategoricalFocalCrossentropy", CLASSES, LOGITS, from_logits=True),
    loss("CategoricalGeneralizedCrossEntropy", whole(0, 3, 5), MASS, q=0.7),
    loss("Dice", LABELS, SCORES),
    loss("Dice", LABELS, SCORES, axis=(1,)),
    loss("Tversky", LABELS, SCORES, alpha=0.3, beta=0.6),
    loss("Tversky", LABELS, SCORES, axis=(-1,)),
    loss("Circle", whole(0, 2, 6), unit(6, 3), gamma=4.0),
    loss("Circle", whole(0, 2, 6), unit(6, 3), gamma=4.0, remove_diagonal=False),
]
