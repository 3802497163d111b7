"""Masks that merging layers make, also as outputs of drawn models."""

import numpy as np

from minicnn import Model, Tensor, layers


def test_a_mask_of_concatenated_inputs():
    marked, plain = layers.Input((4, 2)), layers.Input((3, 2))
    joined = layers.Concatenate(axis=1)([layers.Masking()(marked), plain])
    model = Model([marked, plain], joined._keras_mask)
    x = np.ones((1, 4, 2))
    x[0, [0, 2]] = 0
    found = model([x, np.zeros((1, 3, 2))])
    np.testing.assert_array_equal(found, [[0, 1, 0, 1, 1, 1, 1]])


def test_a_product_is_zero_where_no_factor_counts():
    mask = layers.Masking()
    x = np.array([[[0, 0], [1, 2], [0, 0], [3, 4]]], "float32")
    y = np.array([[[0, 0], [0, 0], [1, 2], [3, 4]]], "float32")
    product = layers.Multiply()([mask(x), mask(y)])
    np.testing.assert_array_equal(product, [[[0, 0], [1, 2], [1, 2], [9, 16]]])
    np.testing.assert_array_equal(product._keras_mask, [[0, 1, 1, 1]])
    assert not hasattr(layers.Multiply()([mask(x), Tensor(y)]), "_keras_mask")
