import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.ops.nn.pooling import (
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_gather,
    max_pool_gradient,
)
from minicnn.testing import check_gradients
from tests.ops.nn.cases import distinct

POOLINGS = {
    "plain": ((2, 6, 4, 3), {"pool_size": 2}),
    "odd length": ((2, 7, 5, 3), {"pool_size": 2}),
    "same": ((2, 7, 5, 3), {"pool_size": 2, "padding": "same"}),
    "overlapping": ((2, 6, 7, 2), {"pool_size": 3, "strides": 1}),
    "overlapping, same": ((2, 5, 6, 2), {"pool_size": 3, "strides": 2, "padding": "SAME"}),
    "strides larger than the window": ((2, 8, 7, 2), {"pool_size": 2, "strides": 3}),
    "unequal": ((2, 6, 7, 2), {"pool_size": (3, 2), "strides": (1, 2)}),
    "1x1": ((2, 3, 4, 2), {"pool_size": 1}),
    "whole image": ((2, 4, 5, 2), {"pool_size": (4, 5)}),
    "one image": ((1, 4, 4, 1), {"pool_size": 2}),
    "channels first": ((2, 3, 6, 5), {"pool_size": 2, "data_format": "channels_first"}),
    "1-D": ((2, 9, 3), {"pool_size": 2, "strides": 2, "padding": "same"}),
    "3-D": ((1, 4, 5, 4, 2), {"pool_size": 2}),
}
over_poolings = pytest.mark.parametrize(
    ("shape", "settings"), list(POOLINGS.values()), ids=list(POOLINGS)
)
both = pytest.mark.parametrize("pool", [max_pool, average_pool], ids=["max", "average"])


@both
@over_poolings
def test_gradients_of_first_and_second_order(pool, shape, settings, rng):
    check_gradients(pool, distinct(rng, shape), **settings)


@both
@over_poolings
def test_against_keras(pool, shape, settings, rng, keras, backend):
    x = distinct(rng, shape).astype("float32")
    expected = getattr(keras.ops, pool.__name__)(x, **settings)
    np.testing.assert_allclose(pool(x, **settings), expected, rtol=1e-6, atol=1e-6)


@both
@over_poolings
def test_symbolic_shape(pool, shape, settings, rng):
    y = pool(np.zeros(shape), **settings)
    assert pool(KerasTensor(shape), **settings).shape == y.shape
    assert pool(KerasTensor((None, *shape[1:])), **settings).shape == (None, *y.shape[1:])


@over_poolings
def test_gather_is_the_adjoint_of_the_gradient(shape, settings, rng, backend):
    x, t = distinct(rng, shape), rng.standard_normal(shape)
    g = rng.standard_normal(max_pool(x, **settings).shape)
    gathered = np.asarray(max_pool_gather(t, x, **settings))
    spread = np.asarray(max_pool_gradient(g, x, **settings))
    np.testing.assert_allclose(np.sum(gathered * g), np.sum(t * spread), rtol=1e-12)
    np.testing.assert_array_equal(max_pool_gather(x, x, **settings), max_pool(x, **settings))


@over_poolings
def test_average_pool_and_its_gradient_are_adjoint(shape, settings, rng, backend):
    x = rng.standard_normal(shape)
    y = np.asarray(average_pool(x, **settings))
    g = rng.standard_normal(y.shape)
    shared = np.asarray(average_pool_gradient(g, input_shape=shape, **settings))
    np.testing.assert_allclose(np.sum(y * g), np.sum(x * shared), rtol=1e-12)


def test_the_first_of_several_maxima_takes_the_gradient(backend):
    gradient = max_pool_gradient(np.ones((1, 1, 1, 1)), np.ones((1, 2, 2, 1)), 2)
    np.testing.assert_array_equal(np.asarray(gradient).ravel(), [1, 0, 0, 0])


def test_padding_neither_wins_nor_counts(backend):
    x = np.full((1, 3, 3, 1), -2.0)
    for pool in (max_pool, average_pool):
        np.testing.assert_array_equal(pool(x, 2, padding="same"), np.full((1, 2, 2, 1), -2.0))


def test_integers_have_maxima():
    y = max_pool(np.arange(16, dtype="int32").reshape(1, 4, 4, 1), 2)
    assert y.dtype == "int32"
    assert y.numpy().ravel().tolist() == [5, 7, 13, 15]


@both
def test_empty_batch_and_strided_memory(pool, rng, backend):
    assert pool(np.zeros((0, 4, 4, 2)), 2).shape == (0, 2, 2, 2)
    x = rng.standard_normal((3, 8, 2, 8)).transpose(3, 1, 0, 2)[:, ::2]
    np.testing.assert_allclose(pool(x, 2), pool(x.copy(), 2))


@both
@pytest.mark.parametrize(
    ("shape", "settings", "words"),
    [
        ((1, 2, 5, 3), {"pool_size": 3}, "zero or negative.*pool_size=\\(3, 3\\)"),
        ((1, 4, 4, 3), {"pool_size": 2, "padding": "causal"}, "'valid', 'same'"),
        ((1, 4, 4, 3), {"pool_size": (2, 2, 2)}, "pool_size.*2 spatial"),
        ((4, 4), {"pool_size": 2}, "batch dimension, spatial dimensions"),
    ],
)
def test_misuse(pool, shape, settings, words):
    with pytest.raises(ValueError, match=f"(?is){words}"):
        pool(np.zeros(shape), **settings)


ADAPTIVE = [
    ((2, 7, 5, 3), 3, "channels_last"),
    ((2, 6, 4, 3), (3, 2), "channels_last"),
    ((2, 3, 5, 4), (2, 4), "channels_first"),
    ((2, 7, 3), 4, "channels_last"),
    ((1, 3, 4, 5, 2), 2, "channels_last"),
]


@pytest.mark.parametrize("name", ["adaptive_max_pool", "adaptive_average_pool"])
@pytest.mark.parametrize(("shape", "size", "data_format"), ADAPTIVE)
def test_adaptive(name, shape, size, data_format, rng, keras):
    x = distinct(rng, shape)
    pool = getattr(ops, name)
    check_gradients(pool, x, output_size=size, data_format=data_format)
    sizes = (size,) * (len(shape) - 2) if isinstance(size, int) else size
    expected = getattr(keras.ops, name)(keras.ops.array(x, "float32"), sizes, data_format)
    y = pool(x, size, data_format)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    assert pool(KerasTensor(shape), size, data_format).shape == y.shape
