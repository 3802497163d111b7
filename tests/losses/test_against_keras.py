"""Every loss with every reduction, weight, mask and odd shape gives what Keras gives."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import minicnn
from minicnn import losses, ops
from tests.losses import cases as data
from tests.losses.cases import CASES, Case

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)
MISSING = {"CTC", "ctc"}
REDUCED = [
    Case("MeanSquaredError", data.numbers, {}, ((5, 3), (4, 2, 3), (0, 3), (2, 0, 3))),
    Case("Dice", data.binary),
    Case("SparseCategoricalCrossentropy", data.sparse, {"ignore_class": 1}),
]
"""With losses of several shapes, one loss for all, and a mask of its own."""


def both(keras, case, y_true, y_pred, sample_weight=None, mask=None, **settings):
    """The loss of Keras and ours, in float64."""
    settings = {**case.settings, "dtype": "float64", **settings}
    theirs, ours = (getattr(library.losses, case.name)(**settings) for library in (keras, minicnn))
    their_pred, our_pred = keras.ops.convert_to_tensor(y_pred), ops.convert_to_tensor(y_pred)
    if mask is not None:
        their_pred._keras_mask = keras.ops.convert_to_tensor(mask)
        our_pred._keras_mask = ops.convert_to_tensor(mask)
    return (
        np.asarray(theirs(y_true, their_pred, sample_weight=sample_weight)),
        np.asarray(ours(y_true, our_pred, sample_weight=sample_weight)),
    )


def weight_shapes(shape):
    """Shapes that weights of losses of a shape can have."""
    if not shape:
        return [()]
    return {(), shape, (*shape, 1), shape[:1] + (1,) * (len(shape) - 1)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_loss(case, keras, rng):
    for shape in case.shapes:
        y_true, y_pred = case.data(rng, shape)
        expected, found = both(keras, case, y_true, y_pred, reduction=None)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-8)
        weight = rng.uniform(0.1, 2.0, found.shape)
        expected, found = both(keras, case, y_true, y_pred, sample_weight=weight)
        np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("case", REDUCED, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_reduction_and_weight(case, reduction, keras, rng):
    for shape in case.shapes:
        y_true, y_pred = case.data(rng, shape)
        losses_shape = both(keras, case, y_true, y_pred, reduction=None)[1].shape
        for weight in [None, *(rng.uniform(0.1, 2.0, s) for s in weight_shapes(losses_shape))]:
            expected, found = both(
                keras, case, y_true, y_pred, sample_weight=weight, reduction=reduction
            )
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-8, err_msg=f"weight {weight}")


@pytest.mark.parametrize("case", [REDUCED[0], REDUCED[2]], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_masks(case, reduction, keras, rng):
    for shape in case.shapes:
        y_true, y_pred = case.data(rng, shape)
        for mask in (rng.integers(0, 2, shape[:-1]).astype(bool), np.zeros(shape[:-1], bool)):
            for weight in (None, rng.uniform(0.1, 2.0, shape[:-1])):
                expected, found = both(
                    keras, case, y_true, y_pred, weight, mask, reduction=reduction
                )
                np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_float32(case, keras, rng):
    y_true, y_pred = (y.astype("float32") for y in case.data(rng, case.shapes[0]))
    expected, found = both(keras, case, y_true, y_pred, dtype=None)
    assert found.dtype == expected.dtype == "float32"
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "label_shape", "prediction_shape"),
    [
        ("MeanSquaredError", (5,), (5, 1)),
        ("MeanSquaredError", (5, 1), (5,)),
        ("MeanAbsoluteError", (5, 2), (5, 2, 1)),
        ("Huber", (5, 2, 1), (5, 2)),
        ("LogCosh", (5, 1), (5, 3)),
        ("MeanSquaredError", (3,), (5, 3)),
        ("Hinge", (5,), (5, 1)),
        ("BinaryCrossentropy", (5,), (5, 1)),
        ("BinaryCrossentropy", (5, 2, 1), (5, 2)),
        ("MeanSquaredError", (0, 3), (0, 3)),
        ("BinaryCrossentropy", (0, 1), (0, 1)),
    ],
)
def test_shapes_that_differ(name, label_shape, prediction_shape, keras, rng):
    y_true = rng.integers(0, 2, label_shape)
    y_pred = rng.uniform(0.1, 0.9, prediction_shape)
    expected, found = (
        np.asarray(getattr(library.losses, name)(reduction=None)(y_true, y_pred))
        for library in (keras, minicnn)
    )
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("labels", [(6,), (6, 1), (3, 2), (3, 2, 1)])
@pytest.mark.parametrize("ignored", [None, -1, 7])
def test_class_indices_of_every_shape(labels, ignored, keras, rng):
    y_true = rng.integers(0, 4, labels)
    if ignored is not None:
        y_true.flat[0] = ignored
    shape = labels[:-1] if labels[-1] == 1 else labels
    y_pred = rng.uniform(0.1, 1.0, (*shape, 4))
    expected, found = (
        np.asarray(
            library.losses.SparseCategoricalCrossentropy(ignore_class=ignored)(y_true, y_pred)
        )
        for library in (keras, minicnn)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_axis_of_the_classes(rng):
    """Keras on TensorFlow has the last axis only, so the truth is the same with axes moved."""
    y_true, y_pred = rng.integers(0, 3, (2, 4)), rng.normal(size=(2, 4, 3))
    expected = losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
    found = losses.sparse_categorical_crossentropy(
        y_true, np.moveaxis(y_pred, -1, 1), from_logits=True, axis=1
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_logits_behind_a_softmax_are_used():
    probabilities = minicnn.activations.softmax(ops.convert_to_tensor([[0.0, 60.0]]))
    for name, y_true in (("sparse_categorical", [0]), ("categorical", [[1.0, 0.0]])):
        loss = losses.get(f"{name}_crossentropy")
        assert float(loss(y_true, probabilities)[0]) == pytest.approx(60.0)
    probability = minicnn.activations.sigmoid(ops.convert_to_tensor([[60.0]]))
    assert float(losses.BinaryCrossentropy()([[0.0]], probability)) == pytest.approx(60.0)


def test_nested_labels_and_predictions(keras, rng):
    y_true = {"a": rng.normal(size=(4,)), "b": rng.normal(size=(4, 2))}
    y_pred = {"a": rng.normal(size=(4, 1)), "b": rng.normal(size=(4, 2))}

    def summed(y_true, y_pred):
        squares = [(y_true[k] - y_pred[k]) ** 2 for k in ("a", "b")]
        return squares[0][:, 0] + squares[1][:, 1]

    expected = keras.src.losses.losses.LossFunctionWrapper(summed)(y_true, y_pred)
    found = losses.LossFunctionWrapper(summed)(y_true, y_pred)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_names_and_arguments_are_those_of_keras(keras):
    names = [n for n in dir(keras.losses) if not n.startswith("_") and n not in MISSING]
    for name in names:
        theirs, ours = getattr(keras.losses, name), getattr(losses, name)
        assert _arguments(ours) == _arguments(theirs), name


def _arguments(thing):
    parameters = inspect.signature(thing).parameters.values()
    return [(p.name, p.default, p.kind) for p in parameters]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_configs_are_those_of_keras(case, keras):
    theirs, ours = (
        getattr(library.losses, case.name)(**case.settings, name="n", reduction="sum")
        for library in (keras, minicnn)
    )
    config = ours.get_config()
    assert theirs.get_config().items() <= config.items()
    # Keras forgets some settings, but takes them.
    assert type(theirs).from_config(config).name == "n"
    again = type(ours).from_config(config)
    assert again.get_config() == config
    assert type(losses.deserialize(losses.serialize(ours))) is type(ours)


def test_every_identifier_of_keras_is_known(keras):
    from keras.src.losses import ALL_OBJECTS_DICT

    for name, thing in ALL_OBJECTS_DICT.items():
        if name in MISSING or name in ("Loss", "LossFunctionWrapper"):
            continue
        found = losses.get(name)
        assert (found if inspect.isfunction(thing) else type(found)).__name__ == thing.__name__
