import numpy as np
import pytest

import minicnn
from minicnn import utils


@pytest.mark.parametrize("shape", [(5,), (5, 1), (2, 3), (2, 3, 1), (1,), ()])
@pytest.mark.parametrize("num_classes", [None, 7])
def test_to_categorical_is_keras_s(keras, rng, shape, num_classes):
    labels = rng.integers(0, 6, size=shape)
    ours = utils.to_categorical(labels, num_classes)
    theirs = keras.utils.to_categorical(labels, num_classes)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == theirs.dtype


def test_to_categorical_of_a_tensor_is_a_tensor():
    labels = minicnn.ops.convert_to_tensor([[0], [2]])
    one_hot = utils.to_categorical(labels, 3)
    assert isinstance(one_hot, minicnn.Tensor)
    np.testing.assert_array_equal(one_hot, [[1, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_labels_outside_the_classes_are_refused(labels):
    with pytest.raises(IndexError, match=r"do not fit num_classes=3. Labels run from 0 to 2"):
        utils.to_categorical(labels, 3)


def test_empty_labels_need_num_classes():
    with pytest.raises(ValueError, match="Pass `num_classes`"):
        utils.to_categorical([])
    assert utils.to_categorical([], 4).shape == (0, 4)


@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
@pytest.mark.parametrize("axis", [-1, 1])
def test_normalize_is_keras_s(keras, rng, order, axis):
    x = rng.normal(size=(4, 5))
    x[2] = 0
    ours = utils.normalize(x, axis=axis, order=order)
    np.testing.assert_allclose(ours, keras.utils.normalize(x, axis=axis, order=order))
    assert not ours[2].any()


def test_normalize_along_the_first_axis(rng):
    x = rng.normal(size=(4, 5))
    np.testing.assert_allclose(np.linalg.norm(utils.normalize(x, axis=0), axis=0), 1)


def test_pairs_of_equal_labels(keras):
    from keras.src.utils.numerical_utils import build_pos_neg_masks as theirs

    from minicnn.utils.numerical_utils import build_pos_neg_masks

    queries, keys = np.array([0, 1, 1]), np.array([1, 0, 1, 2])
    for remove_diagonal in (True, False):
        for ours, real in zip(
            build_pos_neg_masks(queries, keys, remove_diagonal),
            theirs(queries, keys, remove_diagonal),
            strict=True,
        ):
            np.testing.assert_array_equal(ours, real)
