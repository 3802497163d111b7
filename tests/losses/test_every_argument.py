"""Every argument of every loss and of every metric made of one changes the result as in Keras."""

import inspect

import numpy as np
import pytest

import minicnn
from tests.losses import cases as data

SHAPE = (4, 3, 3)
SHARED = ("self", "reduction", "name", "dtype", "fn", "kwargs", "num_thresholds")
CLASSES = data.one_hot_unnormalized
DATA = {
    "BinaryCrossentropy": data.binary,
    "BinaryFocalCrossentropy": data.binary,
    "CategoricalCrossentropy": data.one_hot,
    "CategoricalFocalCrossentropy": data.one_hot,
    "CategoricalGeneralizedCrossEntropy": data.sparse,
    "Circle": data.embeddings,
    "CosineSimilarity": data.numbers,
    "Dice": data.binary,
    "Huber": data.numbers,
    "SparseCategoricalCrossentropy": data.sparse,
    "Tversky": data.binary,
}
SHAPES = {"Circle": (6, 3), "CategoricalGeneralizedCrossEntropy": (5, 3)}
VALUES = {
    "alpha": 0.7,
    "apply_class_balancing": True,
    "axis": 1,
    "beta": 0.3,
    "delta": 0.4,
    "from_logits": True,
    "gamma": 1.5,
    "ignore_class": 1,
    "label_smoothing": 0.3,
    "margin": 0.1,
    "q": 0.8,
    "remove_diagonal": False,
}
FIRST = {"alpha": {"apply_class_balancing": True}}  # has an effect only together with this
LAST_AXIS_ONLY = ("SparseCategoricalCrossentropy", "axis")  # on TensorFlow; see the other file


def arguments(thing):
    return [name for name in inspect.signature(thing).parameters if name not in SHARED]


CASES = [
    (name, argument)
    for name in DATA
    for argument in arguments(getattr(minicnn.losses, name))
    if (name, argument) != LAST_AXIS_ONLY
]


def value_of(name, argument):
    if argument == "axis" and name in ("Dice", "Tversky"):
        return (1,)
    return VALUES[argument]


def test_no_loss_is_left_out():
    for name, thing in vars(minicnn.losses).items():
        if name in ("Loss", "LossFunctionWrapper") or not inspect.isclass(thing):
            continue
        assert not issubclass(thing, minicnn.losses.Loss) or not arguments(thing) or name in DATA


@pytest.mark.parametrize(("name", "argument"), CASES, ids=str)
def test_an_argument_does_what_it_does_in_keras(keras, rng, name, argument):
    y_true, y_pred = DATA[name](rng, SHAPES.get(name, SHAPE))
    together = FIRST.get(argument, {}) if name == "BinaryFocalCrossentropy" else {}
    settings = {**together, argument: value_of(name, argument)}
    if name != "Circle":
        settings["reduction"] = None
    made = {k: getattr(k.losses, name)(dtype="float64", **settings) for k in (minicnn, keras)}
    expected = np.asarray(made[keras](y_true, y_pred))
    np.testing.assert_allclose(made[minicnn](y_true, y_pred), expected, rtol=1e-7)
    del settings[argument]
    without = getattr(minicnn.losses, name)(dtype="float64", **settings)(y_true, y_pred)
    assert without.shape != expected.shape or not np.allclose(without, expected, rtol=1e-3)
