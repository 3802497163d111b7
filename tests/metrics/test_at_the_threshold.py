"""Predictions that are exactly the threshold count as in Keras, in every metric that has one."""

import inspect

import numpy as np
import pytest

import minicnn

THRESHOLDS = (0.25, 0.5, 0.75)  # float32 has them exactly, so predictions can be equal to them
ABOVE_ZERO = (0.25, 0.5, 0.75, 1.0)
LISTS = ([0.0, 0.25, 0.5], [0.75, 0.25, 0.5, 1.0], [0.0, 0.25, 0.5, 0.75, 1.0])
FREE = [*THRESHOLDS, *LISTS]
SHARED = {"TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"}
CASES = [
    *(("BinaryAccuracy", {"threshold": t}) for t in (0.0, *ABOVE_ZERO)),
    *(("BinaryIoU", {"threshold": t}) for t in (0.0, *ABOVE_ZERO)),
    *(("BinaryIoU", {"threshold": 0.5, "target_class_ids": [i]}) for i in (0, 1)),
    *((name, {"threshold": t, "average": "macro"}) for name in ("F1Score",) for t in ABOVE_ZERO),
    *(("F1Score", {"threshold": 0.5, "average": a}) for a in (None, "micro", "weighted")),
    *(("FBetaScore", {"threshold": t, "beta": 2.0}) for t in ABOVE_ZERO),
    *((name, {"thresholds": t}) for name in sorted(SHARED | {"Precision", "Recall"}) for t in FREE),
    *(("AUC", {"thresholds": t}) for t in LISTS),
    *(("AUC", {"num_thresholds": n, "curve": c}) for n in (3, 5, 9) for c in ("ROC", "PR")),
    *(("AUC", {"num_thresholds": 5, "multi_label": m}) for m in (False, True)),
    *(("SensitivityAtSpecificity", {"specificity": v, "num_thresholds": 5}) for v in (0.3, 0.6)),
    *(("SpecificityAtSensitivity", {"sensitivity": v, "num_thresholds": 5}) for v in (0.3, 0.6)),
    *(("PrecisionAtRecall", {"recall": v, "num_thresholds": 5}) for v in (0.3, 0.6)),
    *(("RecallAtPrecision", {"precision": v, "num_thresholds": 5}) for v in (0.3, 0.6)),
]


def on_thresholds(rng, shape):
    """Labels, and predictions of which each is a threshold or one rounding beside it."""
    exact = rng.choice(np.float32([0, *ABOVE_ZERO]), shape)
    beside = rng.choice(np.float32([-np.inf, np.inf]), shape)
    moved = np.clip(np.nextafter(exact, beside), 0, 1)
    moved[exact == 0] = 1e-30  # TensorFlow takes the smallest numbers of float32 as zero
    predictions = np.where(rng.random(shape) < 0.7, exact, moved).astype("float32")
    return rng.integers(0, 2, shape).astype("float32"), predictions


@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_a_prediction_equal_to_the_threshold(keras, rng, name, settings):
    theirs, ours = (getattr(k.metrics, name)(name="m", **settings) for k in (keras, minicnn))
    for _ in range(3):
        labels, predictions = on_thresholds(rng, (40, 3))
        for metric in (theirs, ours):
            metric.update_state(labels, predictions)
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, err_msg=a.name)
        np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-5)


@pytest.mark.parametrize("threshold", [0.0, *ABOVE_ZERO])
def test_the_function(keras, rng, threshold):
    labels, predictions = on_thresholds(rng, (40, 3))
    expected = keras.metrics.binary_accuracy(labels, predictions, threshold=threshold)
    found = minicnn.metrics.binary_accuracy(labels, predictions, threshold=threshold)
    np.testing.assert_allclose(found, np.asarray(expected))


def test_no_metric_with_a_threshold_is_left_out():
    tried = {name for name, _ in CASES}
    for name, thing in vars(minicnn.metrics).items():
        if inspect.isclass(thing) and any(
            "threshold" in p for p in inspect.signature(thing).parameters
        ):
            assert name in tried, name
