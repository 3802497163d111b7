"""Combinations of the arguments of losses, on arrays of rank four with equal sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compare.cases import pairwise
from compare.cases.case import Case
from compare.cases.catalogue.losses import loss
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.values import Values, apart, binary, one_hot_each_way, signs, unit, whole, within

SHAPE = (3, 3, 3, 3)
NUMBERS = within(-2.0, 2.0, *SHAPE)._replace(fixed=True)
AMOUNTS = within(0.5, 3.0, *SHAPE)._replace(fixed=True)
FLAGS, CLASSES, CLASS = binary(*SHAPE), one_hot_each_way(*SHAPE), whole(0, 3, 3, 3, 3)
SCORES, LOGITS = within(0.05, 0.95, *SHAPE), apart(*SHAPE)

LAST_AXIS = "TensorFlow takes sparse labels along the last axis only"
WEIGHTS = [within(0.2, 2.0, *shape)._replace(fixed=True) for shape in ((3,), (3, 3, 3))]
COMMON = {
    "reduction": ["mean_with_sample_weight", "none"],
    "dtype": ["float64"],
    "sample_weight": WEIGHTS,
}
AXES = {"axis": [1, 2]}
SMOOTH = {"from_logits": [True], "label_smoothing": [0.2]}


def combined(
    name: str,
    labels: Values,
    predictions: Values,
    values: Mapping[str, list] | None = None,
    needs: Mapping[str, str] | None = None,
    common: Mapping[str, list] = COMMON,
    **required: Any,
) -> Iterator[Case]:
    """The cases of a loss's combinations. Predictions are logits where the loss is told so."""
    for chosen in pairwise.settings(f"losses.{name}", {**(values or {}), **common}, needs):
        weights = [chosen.pop("sample_weight")] if "sample_weight" in chosen else []
        given = LOGITS if "from_logits" in chosen else predictions
        case = loss(name, labels, given, *weights, **required, **chosen)
        sparse = name.startswith("Sparse") and "axis" in chosen
        yield without_keras(case, LAST_AXIS, TENSORFLOW) if sparse else case


CASES = [
    *(
        case
        for name in "MeanSquaredError MeanAbsoluteError LogCosh".split()
        for case in combined(name, NUMBERS, LOGITS)
    ),
    *combined("MeanAbsolutePercentageError", AMOUNTS, LOGITS),
    *combined("MeanSquaredLogarithmicError", AMOUNTS, within(0.5, 3.0, *SHAPE)),
    *combined("Poisson", AMOUNTS, within(0.5, 3.0, *SHAPE)),
    *combined("KLDivergence", SCORES._replace(fixed=True), SCORES),
    *combined("Hinge", signs(*SHAPE), LOGITS),
    *combined("SquaredHinge", signs(*SHAPE), LOGITS),
    *combined("CategoricalHinge", CLASSES, within(-1.45, 1.3, *SHAPE)),
    *combined("CosineSimilarity", NUMBERS, LOGITS, AXES),
    *combined("Huber", NUMBERS, LOGITS, {"delta": [0.4]}),
    *combined("BinaryCrossentropy", FLAGS, SCORES, {**SMOOTH, **AXES}),
    *combined("CategoricalCrossentropy", CLASSES, SCORES, {**SMOOTH, **AXES}),
    *combined(
        "SparseCategoricalCrossentropy",
        CLASS,
        SCORES,
        {"from_logits": [True], "ignore_class": [0, 1], **AXES},
    ),
    *combined(
        "BinaryFocalCrossentropy",
        FLAGS,
        SCORES,
        {**SMOOTH, **AXES, "apply_class_balancing": [True], "alpha": [0.4], "gamma": [1.5]},
        {"alpha": "apply_class_balancing"},
    ),
    *combined(
        "CategoricalFocalCrossentropy",
        CLASSES,
        SCORES,
        {**SMOOTH, **AXES, "alpha": [0.4, [0.2, 0.3, 0.4]], "gamma": [1.5]},
    ),
    *combined("CategoricalGeneralizedCrossEntropy", CLASS, SCORES, {"q": [0.7]}),
    *combined("Dice", FLAGS, SCORES, {"axis": [1, (1, 2, 3)]}),
    *combined("Tversky", FLAGS, SCORES, {"axis": [1, (1, 2, 3)], "alpha": [0.3], "beta": [0.8]}),
    *combined(
        "Circle",
        whole(0, 2, 6),
        unit(6, 4),
        {"gamma": [4.0], "margin": [0.3], "remove_diagonal": [False]},
        common={**COMMON, "sample_weight": [within(0.2, 2.0, 6)._replace(fixed=True)]},
    ),
]
