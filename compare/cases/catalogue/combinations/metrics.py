"""Combinations of the arguments of metrics. Some predictions lie exactly at a threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compare.cases import pairwise
from compare.cases.case import Case, LibraryName
from compare.cases.catalogue.combinations.losses import LAST_AXIS
from compare.cases.catalogue.marks import TENSORFLOW, of_running_sums, without_keras
from compare.cases.catalogue.metrics import metric
from compare.cases.values import (
    Values,
    apart,
    binary,
    eighths,
    index,
    one_hot_each_way,
    whole,
    within,
)

SQUARE, CUBE = (6, 3), (3, 3, 3, 3)
FLAGS, SCORES, LOGITS = binary(*SQUARE), within(0.02, 0.97, *SQUARE), apart(*SQUARE)
GRADES = eighths(*SQUARE)
CLASSES, MASS = one_hot_each_way(*CUBE), within(0.05, 0.95, *CUBE)
REGIONS = whole(0, 3, 3, 3, 3)
WEIGHTS = {"sample_weight": [within(0.2, 2.0, 6)]}
CUBE_WEIGHTS = {"sample_weight": [within(0.2, 2.0, 3, 3, 3)]}
AXES = {"axis": [1, 2]}


def combined(
    name: str,
    labels: Values,
    predictions: Values,
    values: Mapping[str, list],
    needs: Mapping[str, str] | None = None,
    **required: Any,
) -> Iterator[Case]:
    """The cases of a metric's combinations. Predictions are logits where the metric is told so."""
    for chosen in pairwise.settings(f"metrics.{name}", values, needs):
        weights = [chosen.pop("sample_weight")] if "sample_weight" in chosen else []
        given = apart(*predictions.shape) if "from_logits" in chosen else predictions
        case = metric(name, labels, given, *weights, **required, **chosen)
        sparse = name.startswith("Sparse") and "axis" in chosen
        yield without_keras(case, LAST_AXIS, TENSORFLOW) if sparse else case


def overlaps(name: str, sparse: bool, **required: Any) -> Iterator[Case]:
    """The cases of a metric of regions; `sparse` are its defaults for `sparse_y_true`, `_pred`."""
    values = {
        "ignore_class": [1],
        "axis": [0],
        "sample_weight": [WHOLE],
        "sparse_y_pred": [not sparse],
    }
    if sparse:
        values["sparse_y_true"] = [False]
    for chosen in pairwise.settings(f"metrics.{name}", values):
        weights = [chosen.pop("sample_weight")] if "sample_weight" in chosen else []
        labels = REGIONS if chosen.get("sparse_y_true", sparse) else CLASSES
        predictions = REGIONS if chosen.get("sparse_y_pred", sparse) else MASS
        yield metric(name, labels, predictions, *weights, num_classes=3, **required, **chosen)


WHOLE = whole(1, 4, 3, 3, 3)
AVERAGES = ["micro", "macro", "weighted"]
THRESHOLDS = {"thresholds": [0.25, [0.5, 0.75], [0.0, 0.25, 0.5, 0.75, 1.0]], **WEIGHTS}
AT_BEST = {"num_thresholds": [9], "class_id": [1], **WEIGHTS}
_CASES = [
    *combined("MeanMetricWrapper", FLAGS, SCORES, WEIGHTS, fn=LibraryName("losses.log_cosh")),
    *combined("BinaryAccuracy", FLAGS, GRADES, {"threshold": [0.25], **WEIGHTS}),
    *combined("TopKCategoricalAccuracy", FLAGS, SCORES, {"k": [1, 2], **WEIGHTS}),
    *combined(
        "SparseTopKCategoricalAccuracy",
        whole(0, 3, 6),
        SCORES,
        {"k": [1, 2], **WEIGHTS},
    ),
    *combined(
        "SparseTopKCategoricalAccuracy",
        whole(0, 3, 4),
        index([[2, 0, 1], [0, 1, 2], [1, 2, 0], [2, 1, 0]]),
        {"k": [1, 2]},
        from_sorted_ids=True,
    ),
    *(
        case
        for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
        for case in combined(name, FLAGS, GRADES, THRESHOLDS)
    ),
    *(
        case
        for name in ("Precision", "Recall")
        for case in combined(name, FLAGS, GRADES, {**THRESHOLDS, "top_k": [2], "class_id": [1]})
    ),
    *combined("SensitivityAtSpecificity", FLAGS, GRADES, AT_BEST, specificity=0.55),
    *combined("SpecificityAtSensitivity", FLAGS, GRADES, AT_BEST, sensitivity=0.55),
    *combined("PrecisionAtRecall", FLAGS, GRADES, AT_BEST, recall=0.55),
    *combined("RecallAtPrecision", FLAGS, GRADES, AT_BEST, precision=0.55),
    *combined(
        "AUC",
        FLAGS,
        GRADES,
        {
            "num_thresholds": [9],
            "thresholds": [[0.25, 0.75, 0.375]],
            "curve": ["PR", "PRGAIN"],
            "summation_method": ["majoring", "minoring"],
            "multi_label": [True],
            "num_labels": [3],
            "label_weights": [[0.5, 1.0, 2.0]],
            "from_logits": [True],
            **WEIGHTS,
        },
        {"num_labels": "multi_label", "label_weights": "multi_label"},
    ),
    *combined("F1Score", FLAGS, GRADES, {"average": AVERAGES, "threshold": [0.5], **WEIGHTS}),
    *combined(
        "FBetaScore",
        FLAGS,
        GRADES,
        {"average": AVERAGES, "beta": [2.0], "threshold": [0.5], **WEIGHTS},
    ),
    *combined(
        "R2Score",
        within(-1.7, 2.2, *SQUARE),
        LOGITS,
        {
            "class_aggregation": ["variance_weighted_average", None],
            "num_regressors": [2],
            **WEIGHTS,
        },
    ),
    *combined(
        "BinaryCrossentropy",
        FLAGS,
        SCORES,
        {**WEIGHTS, "from_logits": [True], "label_smoothing": [0.2]},
    ),
    *combined(
        "CategoricalCrossentropy",
        CLASSES,
        MASS,
        {**CUBE_WEIGHTS, **AXES, "from_logits": [True], "label_smoothing": [0.2]},
    ),
    *combined(
        "SparseCategoricalCrossentropy",
        REGIONS,
        MASS,
        {**CUBE_WEIGHTS, **AXES, "from_logits": [True], "ignore_class": [1]},
    ),
    *combined("CosineSimilarity", apart(*CUBE), within(-1.7, 2.2, *CUBE), {**AXES, **CUBE_WEIGHTS}),
    *combined("PearsonCorrelation", apart(*SQUARE), SCORES, {"axis": [0]}),
    *combined("ConcordanceCorrelation", apart(*SQUARE), SCORES, {"axis": [0]}),
    *combined(
        "BinaryIoU",
        FLAGS,
        GRADES,
        {
            "target_class_ids": [(1,), (0,)],
            "threshold": [0.25],
            "sample_weight": [whole(1, 4, *SQUARE)],
        },
    ),
    *overlaps("IoU", True, target_class_ids=[0, 2]),
    *overlaps("MeanIoU", True),
    *overlaps("OneHotIoU", False, target_class_ids=[0, 2]),
    *overlaps("OneHotMeanIoU", False),
]
EVENLY = {"num_thresholds", "thresholds"}
CASES = [of_running_sums(case) if EVENLY & case.settings.keys() else case for case in _CASES]
