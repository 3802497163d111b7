"""Softmax and cross-entropy by hand: two examples, three classes.

    p = eᶻ / Σ eᶻ          the probabilities that the network gives the classes
    L = −log p[label]      small where the right class has a high probability

The logits z of the first example are log 1, log 2 and log 5, so that eᶻ is 1, 2 and 5.
"""

from math import log

import numpy as np
import pytest

import minicnn as keras

Z = [[log(1), log(2), log(5)], [0.0, 0.0, 0.0]]
LABELS = [1, 0]

pytestmark = pytest.mark.usefixtures("backend")


def assert_close(tensor, expected):
    np.testing.assert_allclose(tensor.numpy(), expected, rtol=2e-6)


def test_softmax():
    # first example:   1 + 2 + 5 = 8, so 1/8, 2/8, 5/8
    # second example:  three times e⁰ = 1, so 1/3 each
    assert_close(
        keras.layers.Softmax()(keras.ops.array(Z)), [[1 / 8, 2 / 8, 5 / 8], [1 / 3, 1 / 3, 1 / 3]]
    )


def test_adding_a_number_to_all_logits_changes_nothing():
    """e^(z + c) = eᶻ · eᶜ, and eᶜ cancels. So the largest is subtracted; e¹⁰⁰⁰ is infinite."""
    assert_close(keras.layers.Softmax()(keras.ops.array(Z) + 1000.0)[1], [1 / 3, 1 / 3, 1 / 3])


def test_loss():
    loss = keras.losses.SparseCategoricalCrossentropy()
    probabilities = keras.layers.Softmax()(keras.ops.array(Z))
    # first example:   the label is class 1, −log 2/8 = log 4
    # second example:  the label is class 0, −log 1/3 = log 3
    # their mean:      (log 4 + log 3) / 2
    assert_close(loss(LABELS, probabilities), (log(4) + log(3)) / 2)

    # With one-hot labels it is the same: −Σ y log p has one term that is not zero.
    loss = keras.losses.CategoricalCrossentropy()
    assert_close(loss([[0, 1, 0], [1, 0, 0]], probabilities), (log(4) + log(3)) / 2)


def test_gradient_of_both_together():
    """∂L/∂z = p − y, the probabilities minus the one-hot labels: what is too much in each class."""
    z = keras.ops.array(Z)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with keras.GradientTape() as tape:
        tape.watch(z)
        mean = loss(LABELS, z)
    # first example:   1/8,  2/8 - 1,  5/8
    # second example:  1/3 - 1,  1/3,  1/3
    # and half of it, since the loss is the mean of two
    assert_close(
        tape.gradient(mean, z),
        [[1 / 16, -3 / 8, 5 / 16], [-1 / 3, 1 / 6, 1 / 6]],
    )


def test_gradient_of_softmax_alone():
    """∂L/∂z = p · (g − Σ g p): a probability can only grow if others fall."""
    z, g = keras.ops.array(Z[:1]), keras.ops.array([[8.0, 0.0, 0.0]])
    with keras.GradientTape() as tape:
        tape.watch(z)
        p = keras.layers.Softmax()(z)
    # Σ g p = 8 · 1/8 = 1
    # 1/8 · (8 - 1) = 7/8,   2/8 · (0 - 1) = -2/8,   5/8 · (0 - 1) = -5/8;   together 0
    assert_close(tape.gradient(p, z, output_gradients=g), [[7 / 8, -2 / 8, -5 / 8]])
