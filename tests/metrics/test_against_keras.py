"""Every metric over several batches, with weights and masks, gives what Keras gives."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest

import minicnn
from minicnn import metrics, ops
from minicnn.ops.symbolic.outlining import outline
from tests.metrics.cases import CASES

WEIGHTED_BY_VALUE = ("Mean", "Sum", "Accuracy", "BinaryAccuracy", "AUC", "TruePositives")


def both(keras, case):
    settings = {"name": "metric", **case.settings}
    return [getattr(library.metrics, case.name)(**settings) for library in (keras, minicnn)]


def batch(case, rng, shape):
    return [x.astype("float32") if x.dtype.kind == "f" else x for x in case.data(rng, shape)]


def assert_equal_state(theirs, ours):
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    for their, our in zip(theirs.variables, ours.variables, strict=True):
        assert our.dtype == their.dtype
        np.testing.assert_allclose(our.numpy(), their.numpy(), rtol=1e-5, atol=1e-5)
    expected, found = np.asarray(theirs.result()), np.asarray(ours.result())
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_batch_after_batch(case, keras, rng):
    for shape in case.shapes:
        theirs, ours = both(keras, case)
        for batch_shape in (shape, (7, *shape[1:]) if shape else shape, shape):
            arrays = batch(case, rng, batch_shape)
            theirs.update_state(*arrays)
            ours.update_state(*arrays)
            assert_equal_state(theirs, ours)
        ours.reset_state()
        assert not any(np.any(variable.numpy()) for variable in ours.variables)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sample_weights(case, keras, rng):
    for shape in case.shapes:
        theirs, ours = both(keras, case)
        for weight_shape in weight_shapes(case, shape):
            arrays = batch(case, rng, shape)
            weight = rng.uniform(0.1, 2.0, weight_shape)
            if "int" in ours.dtype:
                weight = rng.integers(0, 4, weight_shape)
            theirs.update_state(*arrays, sample_weight=weight)
            ours.update_state(*arrays, sample_weight=weight)
            assert_equal_state(theirs, ours)


def weight_shapes(case, shape):
    """One weight a sample, and for some metrics one a value, too."""
    if "IoU" in case.name:
        return [shape]
    if case.name in WEIGHTED_BY_VALUE and len(shape) > 1 and "top_k" not in case.settings:
        return [shape[:1] if len(shape) == 2 else shape[:-1], (*shape[:-1], 1), shape]
    return [shape[:1]]


@pytest.mark.parametrize("weighted", [False, True])
def test_masks(weighted, keras, rng):
    y_true, y_pred, mask = (
        rng.normal(size=(4, 3)),
        rng.normal(size=(4, 3)),
        [True, False, True, True],
    )
    weight = rng.uniform(0.1, 2.0, 4) if weighted else None
    results = []
    for library in (keras, minicnn):
        masked = library.ops.convert_to_tensor(y_pred, dtype="float32")
        masked._keras_mask = library.ops.convert_to_tensor(mask)
        metric = library.metrics.MeanSquaredError()
        results.append(float(metric(y_true, masked, sample_weight=weight)))
    assert results[1] == pytest.approx(results[0], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "label_shape", "prediction_shape"),
    [
        ("Accuracy", (6,), (6, 1)),
        ("BinaryAccuracy", (6, 1), (6,)),
        ("SparseCategoricalAccuracy", (6, 1), (6, 3)),
        ("SparseCategoricalAccuracy", (2, 1), (2, 1, 3)),
        ("SparseCategoricalAccuracy", (2, 3, 1), (2, 3, 3)),
        ("SparseTopKCategoricalAccuracy", (2, 3), (2, 3, 7)),
        ("MeanSquaredError", (6,), (6, 1)),
        ("Precision", (6,), (6, 1)),
        ("AUC", (6, 1), (6,)),
    ],
)
def test_shapes_that_differ(name, label_shape, prediction_shape, keras, rng):
    y_true = rng.integers(0, 2, label_shape)
    y_pred = rng.uniform(size=prediction_shape).astype("float32")
    theirs, ours = (getattr(library.metrics, name)(name="m") for library in (keras, minicnn))
    theirs.update_state(y_true, y_pred)
    ours.update_state(y_true, y_pred)
    assert_equal_state(theirs, ours)


def test_a_function_as_a_metric(keras, rng):
    y_true, y_pred = rng.normal(size=(2, 5, 3))
    theirs, ours = (
        library.metrics.MeanMetricWrapper(library.losses.huber, name="h", delta=0.3)
        for library in (keras, minicnn)
    )
    theirs.update_state(y_true, y_pred)
    ours.update_state(y_true, y_pred)
    assert_equal_state(theirs, ours)
    again = metrics.MeanMetricWrapper.from_config(ours.get_config())
    assert float(again(y_true, y_pred)) == pytest.approx(float(ours.result()))


def test_names_and_arguments_are_those_of_keras(keras):
    for name in (n for n in dir(keras.metrics) if not n.startswith("_")):
        theirs, ours = getattr(keras.metrics, name), getattr(metrics, name)
        assert _arguments(ours) == _arguments(theirs), name


def _arguments(thing):
    parameters = inspect.signature(thing).parameters.values()
    return [(p.name, p.default, p.kind) for p in parameters]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_configs_are_those_of_keras(case, keras):
    theirs, ours = both(keras, case)
    assert ours.name == theirs.name
    assert getattr(ours, "_direction", None) == getattr(theirs, "_direction", None)
    config = ours.get_config()
    their_config = theirs.get_config()
    for key, value in their_config.items():
        np.testing.assert_equal(np.asarray(config[key]), np.asarray(value), err_msg=key)
    # Keras forgets some settings, but takes them.
    assert type(theirs).from_config(config).name == ours.name
    again = type(ours).from_config(config)
    assert str(again.get_config()) == str(config)
    through_json = metrics.deserialize(json.loads(json.dumps(metrics.serialize(ours))))
    assert type(through_json) is type(ours)
    assert str(through_json.get_config()) == str(config)


def test_default_names_are_those_of_keras(keras):
    keras.backend.clear_session()
    for case in {case.name: case for case in CASES}.values():
        theirs, ours = (
            getattr(library.metrics, case.name)(**case.settings) for library in (keras, minicnn)
        )
        assert ours.name == theirs.name


def test_every_identifier_of_keras_is_known(keras):
    from keras.src.metrics import ALL_OBJECTS_DICT

    abstract = ("Metric", "MeanMetricWrapper")
    for name, cls in ALL_OBJECTS_DICT.items():
        if cls.__name__ in abstract or not _made_without_arguments(cls):
            continue
        assert type(metrics.get(name)).__name__ == cls.__name__


def _made_without_arguments(cls):
    return all(p.default is not p.empty for p in inspect.signature(cls).parameters.values())


def test_symbolic_batches_leave_no_trace():
    metric = metrics.SparseCategoricalAccuracy()
    labels, scores = minicnn.KerasTensor((None,), "int32"), minicnn.KerasTensor((None, 3))
    assert outline(metric, labels, scores).shape == ()
    assert float(metric.count) == 0
    assert ops.convert_to_tensor(metric.total).shape == ()
