"""Masks as outputs of drawn models, where the length of the batch is not known."""

import numpy as np

from minicnn import Model, layers


def test_a_mask_of_concatenated_inputs():
    marked, plain = layers.Input((4, 2)), layers.Input((3, 2))
    joined = layers.Concatenate(axis=1)([layers.Masking()(marked), plain])
    model = Model([marked, plain], joined._keras_mask)
    x = np.ones((1, 4, 2))
    x[0, [0, 2]] = 0
    found = model([x, np.zeros((1, 3, 2))])
    np.testing.assert_array_equal(found, [[0, 1, 0, 1, 1, 1, 1]])
