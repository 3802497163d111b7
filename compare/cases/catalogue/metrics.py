"""Cases of metrics: name, the arguments of `update_state` in each of three batches, settings."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case, KnownDifference
from compare.cases.values import Values, apart, binary, distribution, one_hot, signs, whole, within

SHAPE = (5, 3)
LINE = (9,)
NUMBERS, OTHERS = within(-1.7, 2.2, *SHAPE), apart(*SHAPE)
AMOUNTS, ESTIMATES = within(0.5, 3.0, *SHAPE), within(0.4, 2.9, *SHAPE)
LABELS, SCORES = binary(*LINE), within(0.02, 0.97, *LINE)
SQUARE, SQUARE_SCORES = binary(6, 3), within(0.02, 0.97, 6, 3)
CLASSES, MASS, LOGITS = one_hot(*SHAPE), distribution(*SHAPE), apart(*SHAPE)
SPARSE = whole(0, 3, 5)
WEIGHTS = within(0.2, 2.0, 5)
LINE_WEIGHTS = within(0.2, 2.0, 9)
REGIONS = (whole(0, 4, 5, 3), whole(0, 4, 5, 3))


CONFIGURATIONS = {
    "CosineSimilarity": "Keras's configuration leaves out axis",
    "SparseTopKCategoricalAccuracy": "Keras's configuration leaves out from_sorted_ids",
    "label_weights": "Keras's configuration has a tensor, which JSON cannot hold",
}


def metric(name: str, *inputs: Values, **settings: Any) -> Case:
    """A case of a metric."""
    known = tuple(
        KnownDifference("config", reason)
        for word, reason in CONFIGURATIONS.items()
        if word == name or word in settings
    )
    settings = {"name": "case", **settings}
    return Case("metrics", name, inputs, settings, known_differences=known)


CASES = [
    metric("Mean", NUMBERS),
    metric("Mean", NUMBERS, WEIGHTS),
    metric("Sum", NUMBERS),
    metric("Sum", NUMBERS, WEIGHTS),
    metric("Accuracy", whole(0, 3, 5), whole(0, 3, 5)),
    metric("Accuracy", whole(0, 3, 5), whole(0, 3, 5), WEIGHTS),
    metric("BinaryAccuracy", LABELS, SCORES),
    metric("BinaryAccuracy", SQUARE, SQUARE_SCORES, within(0.2, 2.0, 6), threshold=0.7),
    metric("CategoricalAccuracy", CLASSES, MASS),
    metric("CategoricalAccuracy", CLASSES, MASS, WEIGHTS),
    metric("SparseCategoricalAccuracy", SPARSE, MASS),
    metric("SparseCategoricalAccuracy", whole(0, 3, 5, 1), MASS, WEIGHTS),
    metric("TopKCategoricalAccuracy", CLASSES, MASS, k=2),
    metric("SparseTopKCategoricalAccuracy", SPARSE, MASS, k=2),
    metric("MeanSquaredError", NUMBERS, OTHERS),
    metric("MeanSquaredError", NUMBERS, OTHERS, WEIGHTS),
    metric("RootMeanSquaredError", NUMBERS, OTHERS),
    metric("RootMeanSquaredError", NUMBERS, OTHERS, WEIGHTS),
    metric("MeanAbsoluteError", NUMBERS, OTHERS),
    metric("MeanAbsolutePercentageError", AMOUNTS, OTHERS),
    metric("MeanSquaredLogarithmicError", AMOUNTS, ESTIMATES),
    metric("CosineSimilarity", NUMBERS, OTHERS),
    metric("CosineSimilarity", NUMBERS, OTHERS, axis=0),
    metric("LogCoshError", NUMBERS, OTHERS),
    metric("R2Score", NUMBERS, OTHERS),
    metric("R2Score", NUMBERS, OTHERS, WEIGHTS),
    metric("R2Score", NUMBERS, OTHERS, class_aggregation=None),
    metric("R2Score", NUMBERS, OTHERS, class_aggregation="variance_weighted_average"),
    metric("R2Score", NUMBERS, OTHERS, num_regressors=2),
    metric("PearsonCorrelation", NUMBERS, OTHERS),
    metric("ConcordanceCorrelation", NUMBERS, OTHERS),
    metric("Hinge", signs(*SHAPE), LOGITS),
    metric("SquaredHinge", signs(*SHAPE), LOGITS),
    metric("CategoricalHinge", CLASSES, LOGITS),
    metric("KLDivergence", distribution(*SHAPE), MASS),
    metric("Poisson", AMOUNTS, ESTIMATES),
    metric("BinaryCrossentropy", binary(*SHAPE), ESTIMATES._replace(options=(0.05, 0.95))),
    metric("BinaryCrossentropy", binary(*SHAPE), LOGITS, from_logits=True, label_smoothing=0.1),
    metric("CategoricalCrossentropy", CLASSES, MASS),
    metric("CategoricalCrossentropy", CLASSES, LOGITS, WEIGHTS, from_logits=True),
    metric("SparseCategoricalCrossentropy", SPARSE, MASS),
    metric("SparseCategoricalCrossentropy", SPARSE, LOGITS, from_logits=True),
    metric("SparseCategoricalCrossentropy", SPARSE, MASS, ignore_class=0),
    metric("TruePositives", LABELS, SCORES),
    metric("TruePositives", LABELS, SCORES, LINE_WEIGHTS),
    metric("FalsePositives", LABELS, SCORES, thresholds=0.3),
    metric("TrueNegatives", LABELS, SCORES, thresholds=[0.9, 0.2, 0.4, 0.5]),
    metric("FalseNegatives", LABELS, SCORES, thresholds=[0.0, 0.25, 0.5, 0.75, 1.0]),
    metric("Precision", LABELS, SCORES),
    metric("Precision", LABELS, SCORES, LINE_WEIGHTS, thresholds=[0.2, 0.5, 0.6]),
    metric("Precision", CLASSES, MASS, top_k=2),
    metric("Precision", CLASSES, MASS, class_id=1),
    metric("Recall", LABELS, SCORES),
    metric("Recall", CLASSES, MASS, top_k=1, class_id=2),
    metric("SensitivityAtSpecificity", LABELS, SCORES, specificity=0.6),
    metric("SpecificityAtSensitivity", LABELS, SCORES, sensitivity=0.4, num_thresholds=7),
    metric("PrecisionAtRecall", LABELS, SCORES, recall=0.5),
    metric("RecallAtPrecision", CLASSES, MASS, precision=0.5, class_id=1),
    metric("RecallAtPrecision", LABELS, SCORES, precision=0.3, num_thresholds=1),
    metric("AUC", LABELS, SCORES),
    metric("AUC", LABELS, SCORES, LINE_WEIGHTS),
    metric("AUC", LABELS, SCORES, curve="PR"),
    metric("AUC", LABELS, SCORES, curve="PRGAIN", num_thresholds=9),
    metric("AUC", LABELS, SCORES, curve="PR", summation_method="majoring"),
    metric("AUC", LABELS, SCORES, summation_method="minoring", num_thresholds=5),
    metric("AUC", LABELS, SCORES, thresholds=[0.9, 0.2, 0.35]),
    metric("AUC", LABELS, apart(*LINE), from_logits=True),
    metric("AUC", SQUARE, SQUARE_SCORES, multi_label=True),
    metric("AUC", SQUARE, SQUARE_SCORES, multi_label=True, label_weights=[0.5, 1.0, 2.0]),
    metric("F1Score", CLASSES, MASS),
    metric("F1Score", SQUARE, SQUARE_SCORES, threshold=0.4, average="macro"),
    metric("FBetaScore", CLASSES, MASS, beta=2.0, average="micro"),
    metric("FBetaScore", CLASSES, MASS, WEIGHTS, beta=0.5, average="weighted"),
    metric("IoU", *REGIONS, num_classes=4, target_class_ids=[0, 3]),
    metric("BinaryIoU", SQUARE, SQUARE_SCORES, threshold=0.4),
    metric("MeanIoU", *REGIONS, num_classes=4),
    metric("MeanIoU", *REGIONS, num_classes=4, ignore_class=2),
    metric("OneHotIoU", one_hot(5, 4), distribution(5, 4), num_classes=4, target_class_ids=[2, 0]),
    metric("OneHotMeanIoU", one_hot(5, 4), distribution(5, 4), num_classes=4),
]
