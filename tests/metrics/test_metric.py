"""The base class: state, what belongs to it, stateless use, and misuse."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, Variable, metrics, ops


class SquaredError(metrics.Metric):
    def __init__(self, name="squared_error", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_weight(name="count", dtype="int32", initializer="zeros")

    def update_state(self, y_true, y_pred):
        self.total.assign_add(ops.sum((ops.convert_to_tensor(y_true) - y_pred) ** 2))
        self.count.assign_add(len(y_true))

    def result(self):
        return self.total / ops.cast(self.count, self.dtype)


def test_a_metric_of_ones_own(rng):
    metric = SquaredError()
    y_true, y_pred = rng.normal(size=(2, 10, 3))
    for rows in (slice(4), slice(4, 9), slice(9, None)):
        metric.update_state(y_true[rows], y_pred[rows])
    expected = np.sum((y_true - y_pred) ** 2) / 10
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)
    assert [v.path for v in metric.variables] == ["squared_error/total", "squared_error/count"]
    assert not any(v.trainable for v in metric.variables)
    metric.reset_state()
    assert float(metric.total) == float(metric.count) == 0


def test_what_belongs_to_the_state():
    metric = SquaredError()
    metric.more = [Variable(0.0), {"a": Variable(1.0)}]
    metric.inner = SquaredError()
    metric.twice = metric.inner
    metric.inner.innermost = (SquaredError(), 3)
    metric.settings = {"names": ["a"], "count": 2}
    assert len(metric.variables) == 8
    assert metric.variables[:2] == [metric.total, metric.count]
    assert metric.variables[4:6] == [metric.inner.total, metric.inner.count]


def test_stateless_use(rng):
    metric = SquaredError()
    y_true, y_pred = rng.normal(size=(2, 8, 3))
    state = metric.stateless_reset_state()
    for rows in (slice(4), slice(4, None)):
        state = metric.stateless_update_state(state, y_true[rows], y_pred[rows])
    assert float(metric.count) == 0
    expected = np.sum((y_true - y_pred) ** 2) / 8
    assert float(metric.stateless_result(state)) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="length 1, but expected 2"):
        metric.stateless_result(state[:1])
    with pytest.raises(ValueError):
        metric.stateless_update_state([0.0, [1, 2]], y_true, y_pred)
    assert float(metric.total) == 0


def test_copies_are_independent():
    metric = metrics.Mean()
    metric.update_state([1.0, 3.0])
    for twin in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        twin.update_state([8.0])
        assert float(twin.result()) == 4.0
    assert float(metric.result()) == 2.0


def test_state_remembers_no_gradients():
    metric, x = metrics.Mean(), Variable([1.0, 2.0])
    with GradientTape() as tape:
        loss = ops.sum(x * x)
        metric.update_state(loss)
    assert metric.total.value.record is None
    np.testing.assert_allclose(tape.gradient(loss, x), [2.0, 4.0])


def test_types():
    minicnn.config.set_floatx("float64")
    assert metrics.Mean().result().dtype == "float64"
    assert metrics.Mean(dtype="float16").result().dtype == "float16"
    policy = minicnn.dtype_policies.DTypePolicy("mixed_float16")
    assert metrics.Mean(dtype=policy).dtype == "float16"
    with pytest.raises(AttributeError):
        metrics.Mean().dtype = "float16"


def test_a_forgotten_super_is_told():
    class Forgetful(metrics.Metric):
        def __init__(self):
            self.total = self.add_weight()

    with pytest.raises(RuntimeError, match=r"forgot to call `super\(\)\.__init__\(\)`"):
        Forgetful()
    with pytest.raises(NotImplementedError, match="Metric does not implement `update_state`"):
        metrics.Metric()()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=[-1, 0.5, 2]), r"in \[0, 1\]. Received: \[-1, 2\]"),
        (lambda: metrics.AUC(num_thresholds=1), "integer > 1. Received: num_thresholds=1"),
        (lambda: metrics.AUC(curve="ROK"), "Invalid AUC curve value: \"ROK\". Did you mean 'ROC'"),
        (lambda: metrics.AUC(summation_method="minor"), "summation method.*'minoring'"),
        (lambda: metrics.AUC(num_labels=2), "only when `multi_label`"),
        (lambda: metrics.PrecisionAtRecall(1.5), r"`recall` must be in the range \[0, 1\]"),
        (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "integer > 0"),
        (lambda: metrics.R2Score(class_aggregation="mean"), "`class_aggregation`.*'mean'"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors=-1"),
        (lambda: metrics.FBetaScore(beta=1), "`beta`.*Python float"),
        (lambda: metrics.FBetaScore(beta=-1.0), "`beta`.*> 0"),
        (lambda: metrics.F1Score(average="mean"), "`average`.*average=mean"),
        (lambda: metrics.F1Score(threshold=1), "`threshold`.*Python float"),
        (lambda: metrics.F1Score(threshold=1.5), "`threshold`.*1.5"),
        (lambda: metrics.IoU(2, [2]), r"out of range, which is \[0, 2\)"),
        (lambda: metrics.get("acuracy"), "Could not interpret metric.*Did you mean 'accuracy'"),
    ],
)
def test_settings_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


P = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "message"),
    [
        ("SparseCategoricalAccuracy", np.eye(3)[[0, 1, 2, 0]], P, "one-hot.*categorical_accuracy"),
        ("SparseCategoricalAccuracy", np.eye(3), np.eye(3), "one-hot"),
        ("SparseCategoricalAccuracy", [0, 1], P, r"shape \(4,\)"),
        ("CategoricalAccuracy", [0, 1, 2, 0], P, "class indices.*to_categorical"),
        ("CategoricalAccuracy", np.eye(4), P, "same shape"),
        ("TopKCategoricalAccuracy", [0, 1, 2, 0], P, "class indices"),
        ("Accuracy", [0, 1], [0, 1, 2], r"accuracy: .*\(2,\).*\(3,\)"),
        ("RootMeanSquaredError", [0, 1], [0, 1, 2], r"root_mean_squared_error: .*\(2,\)"),
        ("R2Score", [0.0, 1.0], [0.0, 1.0], "expects 2D inputs with shape"),
        ("F1Score", [0.0, 1.0], [0.0, 1.0], "expects 2D inputs with shape"),
        ("Precision", [0, 1, 2, 0], P, r"precision: .*class indices"),
        ("AUC", [0.0, np.nan], [0.1, 0.2], "auc: y_true contains NaN"),
    ],
)
def test_batches_that_cannot_be(metric, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        getattr(metrics, metric)().update_state(np.asarray(y_true), np.asarray(y_pred))


def test_a_class_that_does_not_exist():
    with pytest.raises(ValueError, match="When class_id is provided, y_pred must be a 2D array"):
        metrics.Recall(class_id=1)([0, 1], [0.1, 0.9])
    with pytest.raises(ValueError, match="class_id=3 is not one of the 3 classes"):
        metrics.Recall(class_id=3)(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="must have rank 2 when `multi_label=True`"):
        metrics.AUC(multi_label=True)([0, 1], [0.1, 0.9])


def test_predictions_that_are_not_numbers_count_as_negative():
    metric = metrics.TruePositives(thresholds=[0.1, 0.5])
    np.testing.assert_allclose(metric([1, 1], [np.nan, 0.3]), [1, 0])
    metric = metrics.AUC()
    metric.update_state([1, 0], [np.nan, 0.3])
    assert float(metric.true_positives[1]) == 0


def test_integer_counts_warn_of_fractional_weights():
    metric = metrics.MeanIoU(num_classes=2)
    with pytest.warns(UserWarning, match=r"mean_io_u: sample weights of type float64 .* int64"):
        metric.update_state([0, 1], [0, 1], sample_weight=np.array([0.5, 1.5]))


def test_too_many_regressors_warn():
    metric = metrics.R2Score(num_regressors=5)
    metric.update_state([[1.0], [2.0]], [[1.0], [2.5]])
    with pytest.warns(UserWarning, match="5 independent variables are too many for 2 samples"):
        metric.result()


@pytest.mark.parametrize("weights", [None, "vector", "column"])
@pytest.mark.parametrize("shape", [(7,), (7, 1), (7, 3), (0,)])
def test_means_of_float32_are_those_of_every_type(shape, weights, rng):
    """float32 tensors, which training counts at each step, have a way of their own."""
    values = rng.standard_normal(shape).astype("float32")
    weight = None
    if weights is not None:
        weight = rng.uniform(0.5, 2, (len(values), 1)[: 1 + (weights == "column")])
    exact, fast = metrics.Mean(dtype="float64"), metrics.Mean()
    for _ in range(2):
        exact.update_state(values.astype("float64"), sample_weight=weight)
        fast.update_state(ops.convert_to_tensor(values), sample_weight=weight)
    for one, other in zip(fast.variables, exact.variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_mean_of_losses_weighted_by_the_rows_of_batches():
    metric = metrics.Mean()
    metric.update_state(ops.convert_to_tensor(np.float32(3)), sample_weight=2)
    metric.update_state(ops.convert_to_tensor(np.float32(0)), sample_weight=1)
    assert float(metric.result()) == 2.0
