import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.testing import check_gradients

UNFOLDINGS = [
    {"kernel_size": 2},
    {"kernel_size": (2, 3), "stride": 2},
    {"kernel_size": 2, "dilation": 2, "padding": 1},
    {"kernel_size": (3, 2), "padding": (1, 0), "stride": (1, 2)},
]


@pytest.mark.parametrize("settings", UNFOLDINGS, ids=str)
def test_unfold_and_fold(settings, rng, keras):
    x = rng.standard_normal((2, 3, 5, 6))
    check_gradients(ops.unfold, x, **settings)
    columns = ops.unfold(x, **settings)
    np.testing.assert_allclose(columns, keras.ops.unfold(x, **settings))
    assert ops.unfold(KerasTensor(x.shape), **settings).shape == columns.shape
    settings = {**settings, "output_size": (5, 6)}
    check_gradients(ops.fold, columns.numpy(), **settings)
    np.testing.assert_allclose(
        ops.fold(columns, **settings), keras.ops.fold(columns.array, **settings)
    )
    assert ops.fold(KerasTensor(columns.shape), **settings).shape == x.shape


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_depth_to_space_and_back(data_format, rng, keras):
    x = rng.standard_normal((2, 3, 4, 8) if data_format == "channels_last" else (2, 8, 3, 4))
    spread = ops.depth_to_space(x, 2, data_format)
    np.testing.assert_allclose(spread, keras.ops.depth_to_space(x, 2, data_format))
    np.testing.assert_allclose(ops.space_to_depth(spread, 2, data_format), x)
    check_gradients(ops.depth_to_space, x, block_size=2, data_format=data_format)


def test_misuse():
    with pytest.raises(ValueError, match="`block_size` must be at least 2"):
        ops.depth_to_space(np.ones((1, 2, 2, 4)), 1)
    with pytest.raises(ValueError, match="number of channels \\(3\\)"):
        ops.depth_to_space(np.ones((1, 2, 2, 3)), 2)
    with pytest.raises(ValueError, match="3D"):
        ops.fold(np.ones((1, 4)), 4, 2)
