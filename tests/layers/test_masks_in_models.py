"""Masks that merging layers and layers of one's own make, also as outputs of drawn models."""

import warnings

import numpy as np
import pytest

import minicnn
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


def own_masks(k):
    """Layers that say nothing about masks but how theirs come about, as classes of `k`."""

    class Split(k.layers.Layer):
        def call(self, x):
            return k.ops.split(x, 2, axis=1)

        def compute_mask(self, x, mask=None):
            return None if mask is None else k.ops.split(mask, 2, axis=1)

    class Longer(k.layers.Layer):
        def call(self, x):
            return k.ops.repeat(x, 2, axis=1)

        def compute_mask(self, inputs, previous_mask):
            return k.ops.repeat(previous_mask, 2, axis=1)

    class Both(k.layers.Layer):
        def call(self, xs):
            return xs[0] + xs[1]

        def compute_mask(self, inputs, mask):
            return k.ops.logical_or(mask[0], mask[1])

    class Dropped(Longer):
        def __init__(self):
            super().__init__()
            self.supports_masking = False

    return Split(), Longer(), Both(), Dropped()


def masks_of(k, tokens):
    split, longer, both, dropped = own_masks(k)
    assert [x.supports_masking for x in (split, longer, both, dropped)] == [True, True, True, False]
    embedding = k.layers.Embedding(9, 3, mask_zero=True, embeddings_initializer="ones")
    first, second = split(embedding(tokens))
    outputs = [first, second, longer(first), both([first, second])]
    with pytest.warns(UserWarning, match="does not support masking"):
        assert getattr(dropped(first), "_keras_mask", None) is None
    return [np.asarray(x._keras_mask) for x in outputs]


def test_a_layer_with_its_own_compute_mask_supports_masking(keras):
    tokens = np.array([[1, 2, 0, 0], [3, 0, 4, 5], [0, 0, 0, 0]])
    for ours, theirs in zip(masks_of(minicnn, tokens), masks_of(keras, tokens), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_drawn_model_hands_such_a_mask_on():
    inputs = minicnn.Input((4,), dtype="int32")
    x = minicnn.layers.Embedding(9, 3, mask_zero=True)(inputs)
    model = minicnn.Model(inputs, own_masks(minicnn)[0](x))
    first, second = model(np.array([[1, 2, 0, 3]]))
    assert np.asarray(first._keras_mask).tolist() == [[True, True]]
    assert np.asarray(second._keras_mask).tolist() == [[False, True]]


@pytest.mark.parametrize("mask", [None, lambda inputs, mask: mask])
def test_a_lambda_supports_masking_if_it_is_given_a_mask(mask, keras):
    ours, theirs = (k.layers.Lambda(lambda x: 2 * x, mask=mask) for k in (minicnn, keras))
    assert ours.supports_masking == theirs.supports_masking == (mask is not None)


@pytest.mark.parametrize("supports", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
def test_a_mask_that_is_passed_goes_on_like_one_that_arrives(supports, by_name, keras):
    def result(k):
        class Scaled(k.layers.Layer):
            def __init__(self):
                super().__init__()
                self.supports_masking = supports

            def call(self, x, mask=None):
                return x * k.ops.cast(mask, x.dtype)

        x, mask = k.ops.ones((4, 2)), k.ops.convert_to_tensor([[True], [True], [False], [False]])
        out = Scaled()(x, mask=mask) if by_name else Scaled()(x, mask)
        return np.asarray(out), getattr(out, "_keras_mask", None)

    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        out, mask = result(minicnn)
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        expected, expected_mask = result(keras)
    np.testing.assert_array_equal(out, expected)
    assert (mask is None) == (expected_mask is None)
    if mask is not None:
        np.testing.assert_array_equal(mask, expected_mask)
    said = ["does not support masking" in str(w.message) for w in ours]
    assert sum(said) == sum("does not support masking" in str(w.message) for w in theirs)
