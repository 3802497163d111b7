"""Cross-entropies and focal losses along every axis, where all sides are equal: plain loops.

With equal sides a mistake in the order of axes changes no shape. Keras on TensorFlow has the last
axis only in some of them, so the truth is a loop over all places.
"""

import itertools

import numpy as np
import pytest

from minicnn import GradientTape, losses, ops

SIDE = 3
AXES = {rank: range(-rank, rank) for rank in (2, 3, 4)}
CASES = [(rank, axis, logits) for rank in AXES for axis in AXES[rank] for logits in (False, True)]


def softmax(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def each_place(function, labels, predictions, axis, logits, one_hot):
    """`function(label, probabilities)` at each place of the other axes, in their order."""
    rank = predictions.ndim
    axis %= rank
    found = np.zeros((SIDE,) * (rank - 1))
    for place in itertools.product(range(SIDE), repeat=rank - 1):
        index = (*place[:axis], slice(None), *place[axis:])
        row = predictions[index]
        p = softmax(row) if logits else row / row.sum()
        found[place] = function(labels[index] if one_hot else labels[place], p)
    return found


def of_one_hot(t, p):
    return -(t * np.log(p)).sum()


def of_number(t, p):
    return -np.log(p[t])


def focal(t, p):
    return -(t * 0.25 * (1 - p) ** 2 * np.log(p)).sum()


FUNCTIONS = {
    "categorical_crossentropy": (of_one_hot, True),
    "sparse_categorical_crossentropy": (of_number, False),
    "categorical_focal_crossentropy": (focal, True),
}


def data(rng, rank, axis, logits, one_hot):
    shape = (SIDE,) * rank
    predictions = rng.normal(size=shape) if logits else rng.uniform(0.1, 1, shape)
    numbers = rng.integers(0, SIDE, shape[1:])
    return np.moveaxis(np.eye(SIDE)[numbers], -1, axis) if one_hot else numbers, predictions


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("rank", "axis", "logits"), CASES)
def test_losses(rng, name, rank, axis, logits):
    truth, one_hot = FUNCTIONS[name]
    labels, predictions = data(rng, rank, axis, logits, one_hot)
    if not logits and not one_hot:  # the sparse one does not make the sum 1
        predictions /= predictions.sum(axis=axis, keepdims=True)
    expected = each_place(truth, labels, predictions, axis, logits, one_hot)
    found = getattr(losses, name)(labels, predictions, from_logits=logits, axis=axis)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("name", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
@pytest.mark.parametrize(("rank", "axis", "logits"), CASES)
def test_operations_and_their_gradients(backend, rng, name, rank, axis, logits):
    truth, one_hot = FUNCTIONS[name]
    labels, predictions = data(rng, rank, axis, logits, one_hot)
    predictions /= 1 if logits else predictions.sum(axis=axis, keepdims=True)
    expected = each_place(truth, labels, predictions, axis, logits, one_hot)
    x = ops.convert_to_tensor(predictions)
    cotangent = rng.normal(size=expected.shape)
    with GradientTape() as tape:
        tape.watch(x)
        y = getattr(ops, name)(labels, x, from_logits=logits, axis=axis)
    np.testing.assert_allclose(y, expected, rtol=1e-7)
    gradient = tape.gradient(y, x, output_gradients=ops.convert_to_tensor(cotangent)).numpy()
    moved = np.moveaxis(predictions, axis, -1)
    hot = np.moveaxis(labels, axis, -1) if one_hot else np.eye(SIDE)[labels]
    # Probabilities are divided by their sum, which is 1 here, so that the slope has a 1 more.
    slope = np.apply_along_axis(softmax, -1, moved) - hot if logits else 1 - hot / moved
    expected = np.moveaxis(cotangent[..., None] * slope, -1, axis)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("rank", "axis"), [(rank, axis) for rank in AXES for axis in AXES[rank]])
def test_softmax(backend, rng, name, rank, axis):
    x = rng.normal(size=(SIDE,) * rank)
    expected = np.apply_along_axis(softmax, axis, x)
    expected = np.log(expected) if name == "log_softmax" else expected
    np.testing.assert_allclose(getattr(ops, name)(x, axis=axis), expected, rtol=1e-7)


@pytest.mark.parametrize(("rank", "axis", "logits"), CASES)
@pytest.mark.parametrize("cls", [losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy])
def test_binary_losses(rng, cls, rank, axis, logits):
    shape = (SIDE,) * rank
    labels = rng.integers(0, 2, shape).astype("float64")
    predictions = rng.normal(size=shape) if logits else rng.uniform(0.1, 0.9, shape)
    settings = {"from_logits": logits, "reduction": None, "dtype": "float64"}
    p = 1 / (1 + np.exp(-predictions)) if logits else predictions
    right = np.where(labels == 1, p, 1 - p)
    each = -np.log(right) * ((1 - right) ** 2 if cls is losses.BinaryFocalCrossentropy else 1)
    found = cls(axis=axis, **settings)(labels, predictions)
    np.testing.assert_allclose(found, each.mean(axis=axis), rtol=1e-6)
