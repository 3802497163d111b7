"""Metrics with settings and data of the kind each is for, shared by the tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.losses import cases as data


def values(rng, shape):
    return (rng.normal(size=shape),)


def labels(rng, shape):
    return tuple(rng.integers(0, 3, (2, *shape)))


def scores(rng, shape):
    """Binary labels and scores, some of them exactly on a threshold."""
    y_true, y_pred = data.binary(rng, shape)
    y_pred.flat[:3] = 0.0, 0.5, 1.0
    return y_true, y_pred


def score_logits(rng, shape):
    return data.binary_logits(rng, shape)


def regions(rng, shape):
    """Class indices, some of them outside the four classes."""
    return rng.integers(-1, 5, shape), rng.integers(0, 4, shape)


def region_scores(rng, shape):
    return rng.integers(0, 4, shape), rng.uniform(size=(*shape, 4))


def one_hot_regions(rng, shape):
    return np.eye(4)[rng.integers(0, 4, shape)], rng.uniform(size=(*shape, 4))


def sorted_ids(rng, shape):
    return rng.integers(0, 9, shape[:-1]), rng.permuted(
        np.tile(np.arange(9), (*shape[:-1], 1)), axis=-1
    )


@dataclass
class Case:
    """A metric, its settings, a maker of data, and the shapes to try."""

    name: str
    data: object
    settings: dict = field(default_factory=dict)
    shapes: tuple = ((5, 3), (2, 4, 3))

    def __str__(self):
        settings = ",".join(f"{k}={v}" for k, v in self.settings.items())
        return f"{self.name}({settings})-{self.data.__name__}"


FLAT = ((5, 3),)
VECTOR = ((9,), (6, 3))

CASES = [
    Case("Mean", values, {}, ((), (5,), (5, 3), (2, 4, 3))),
    Case("Sum", values, {}, ((), (5,), (5, 3), (2, 4, 3))),
    Case("Accuracy", labels, {}, ((5,), (5, 3))),
    Case("BinaryAccuracy", scores, {}, VECTOR),
    Case("BinaryAccuracy", scores, {"threshold": 0.7}, VECTOR),
    Case("CategoricalAccuracy", data.one_hot),
    Case("SparseCategoricalAccuracy", data.sparse),
    Case("TopKCategoricalAccuracy", data.one_hot, {"k": 2}),
    Case("SparseTopKCategoricalAccuracy", data.sparse, {"k": 2}),
    Case("SparseTopKCategoricalAccuracy", sorted_ids, {"k": 4, "from_sorted_ids": True}, FLAT),
    Case("MeanSquaredError", data.numbers),
    Case("RootMeanSquaredError", data.numbers),
    Case("MeanAbsoluteError", data.numbers),
    Case("MeanAbsolutePercentageError", data.numbers),
    Case("MeanSquaredLogarithmicError", data.positive),
    Case("CosineSimilarity", data.numbers),
    Case("CosineSimilarity", data.numbers, {"axis": 1}),
    Case("LogCoshError", data.numbers),
    Case("R2Score", data.numbers, {}, FLAT),
    Case("R2Score", data.numbers, {"class_aggregation": None}, FLAT),
    Case("R2Score", data.numbers, {"class_aggregation": "variance_weighted_average"}, FLAT),
    Case("R2Score", data.numbers, {"num_regressors": 2}, FLAT),
    Case("PearsonCorrelation", data.numbers),
    Case("ConcordanceCorrelation", data.numbers),
    Case("Hinge", data.signs),
    Case("SquaredHinge", data.signs),
    Case("CategoricalHinge", data.one_hot_logits),
    Case("KLDivergence", data.distributions),
    Case("Poisson", data.positive),
    Case("BinaryCrossentropy", data.binary),
    Case("BinaryCrossentropy", data.binary_logits, {"from_logits": True, "label_smoothing": 0.1}),
    Case("CategoricalCrossentropy", data.one_hot),
    Case("CategoricalCrossentropy", data.one_hot_logits, {"from_logits": True}),
    Case("SparseCategoricalCrossentropy", data.sparse),
    Case("SparseCategoricalCrossentropy", data.sparse, {"ignore_class": 0}, FLAT),
    Case("TruePositives", scores, {}, VECTOR),
    Case("FalsePositives", scores, {"thresholds": 0.3}, VECTOR),
    Case("TrueNegatives", scores, {"thresholds": [0.9, 0.2, 0.4, 0.5]}, VECTOR),
    Case("FalseNegatives", scores, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, VECTOR),
    Case("Precision", scores, {}, VECTOR),
    Case("Precision", scores, {"thresholds": [0.2, 0.5, 0.6]}, VECTOR),
    Case("Precision", data.one_hot, {"top_k": 2}, FLAT),
    Case("Precision", data.one_hot, {"class_id": 1}, FLAT),
    Case("Recall", scores, {}, VECTOR),
    Case("Recall", data.one_hot, {"top_k": 1, "class_id": 2}, FLAT),
    Case("SensitivityAtSpecificity", scores, {"specificity": 0.6}, VECTOR),
    Case("SpecificityAtSensitivity", scores, {"sensitivity": 0.4, "num_thresholds": 7}, VECTOR),
    Case("PrecisionAtRecall", scores, {"recall": 0.5}, VECTOR),
    Case("RecallAtPrecision", scores, {"precision": 0.5, "class_id": 1}, FLAT),
    Case("RecallAtPrecision", scores, {"precision": 0.3, "num_thresholds": 1}, VECTOR),
    Case("AUC", scores, {}, VECTOR),
    Case("AUC", scores, {"curve": "PR"}, VECTOR),
    Case("AUC", scores, {"curve": "PRGAIN", "num_thresholds": 9}, VECTOR),
    Case("AUC", scores, {"curve": "PR", "summation_method": "majoring"}, VECTOR),
    Case("AUC", scores, {"summation_method": "minoring", "num_thresholds": 5}, VECTOR),
    Case("AUC", scores, {"thresholds": [0.9, 0.2, 0.35]}, VECTOR),
    Case("AUC", score_logits, {"from_logits": True}, VECTOR),
    Case("AUC", scores, {"multi_label": True}, FLAT),
    Case("AUC", scores, {"multi_label": True, "num_labels": 3, "curve": "PR"}, FLAT),
    Case("AUC", scores, {"multi_label": True, "label_weights": [0.5, 1.0, 2.0]}, FLAT),
    Case("AUC", scores, {"multi_label": True, "thresholds": [0.2, 0.3]}, FLAT),
    Case("AUC", scores, {"label_weights": [0.5, 1.0, 2.0]}, FLAT),
    Case("F1Score", data.one_hot, {}, FLAT),
    Case("F1Score", scores, {"threshold": 0.4, "average": "macro"}, FLAT),
    Case("FBetaScore", data.one_hot, {"beta": 2.0, "average": "micro"}, FLAT),
    Case("FBetaScore", data.one_hot, {"beta": 0.5, "average": "weighted"}, FLAT),
    Case("IoU", regions, {"num_classes": 4, "target_class_ids": [0, 3]}),
    Case("IoU", region_scores, {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": False}),
    Case("BinaryIoU", scores, {"threshold": 0.4}),
    Case("MeanIoU", regions, {"num_classes": 4, "ignore_class": 2}),
    Case("OneHotIoU", one_hot_regions, {"num_classes": 4, "target_class_ids": [2, 0]}),
    Case("OneHotMeanIoU", one_hot_regions, {"num_classes": 4, "dtype": "float32"}),
]
