import numpy as np
import pytest

from minicnn import KerasTensor, ops


@pytest.mark.parametrize("axis", [-1, 0, 1, 2])
@pytest.mark.parametrize("dtype", [None, "int32", "bool"])
def test_one_hot(axis, dtype, keras):
    labels = np.array([[0, 3, 1], [-1, 4, 2]])
    y = ops.one_hot(labels, 4, axis=axis, dtype=dtype)
    expected = keras.ops.one_hot(labels, 4, axis=axis, dtype=dtype)
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == (dtype or "float32")
    assert ops.one_hot(KerasTensor((2, 3), "int32"), 4, axis=axis).shape == y.shape


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 2)])
@pytest.mark.parametrize("dtype", [None, "int32", "bool"])
def test_multi_hot(shape, dtype, rng, keras):
    labels = rng.integers(0, 5, shape)
    y = ops.multi_hot(labels, 5, dtype=dtype)
    np.testing.assert_array_equal(y, keras.ops.multi_hot(labels, 5, dtype=dtype))
    assert ops.multi_hot(KerasTensor(shape, "int32"), 5).shape == y.shape


def test_misuse():
    with pytest.raises(ValueError, match=r"`axis` must be -1 .* between 0 and 1"):
        ops.one_hot(np.array([1]), 3, axis=4)
    with pytest.raises(ValueError, match="`num_classes` must be specified"):
        ops.multi_hot(np.array([1]))
    with pytest.raises(ValueError, match="dense tensors only"):
        ops.one_hot(np.array([1]), 3, sparse=True)
