"""Numba's smaller kernels against the definitions, for unusual shapes.

`test_others.py` has the same kernels at sizes for which threads are woken, and their corner cases.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from minicnn.backend.numba import (
    MODULES,
    activations,
    arithmetic,
    dropout,
    losses,
    normalization,
    products,
    random,
    softmax,
)
from minicnn.backend.numpy import activations as exact_activations
from minicnn.backend.numpy import losses as exact_losses
from minicnn.backend.numpy import normalization as exact_normalization
from minicnn.backend.numpy import random as exact_random
from minicnn.backend.numpy import softmax as exact_softmax
from tests.backend.checks import assert_rounding_only, near, strided

ELEMENTWISE = ("celu", "hard_sigmoid", "hard_silu", "leaky_relu", "relu", "relu6", "softsign")
SHAPES = array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=23)
FILLED = array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=23)
DTYPES = st.sampled_from(("float32", "float64"))
SEEDS = st.integers(0, 2**32)
often = settings(max_examples=40, deadline=None)


def normal(seed, *shape):
    return 3 * np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(SHAPES, DTYPES, SEEDS)
@often
def test_element_by_element(name, shape, dtype, seed):
    x = normal(seed, *shape).astype(dtype)
    found = getattr(activations, name)(strided(x))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, getattr(exact_activations, name)(x))


GRADIENTS = ("relu_gradient", "relu6_gradient")


@pytest.mark.parametrize("name", GRADIENTS)
@given(SHAPES, DTYPES, SEEDS)
@often
def test_gradients_by_the_result(name, shape, dtype, seed):
    y, cotangent = normal(seed, 2, *shape).astype(dtype)
    np.testing.assert_array_equal(
        getattr(activations, name)(strided(cotangent), y),
        getattr(exact_activations, name)(cotangent, y),
    )


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(FILLED, DTYPES, SEEDS, st.data())
@often
def test_softmax_and_its_gradient(name, shape, dtype, seed, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x, cotangent = normal(seed, 2, *shape)
    y = getattr(exact_softmax, name)(x, axis)
    near(getattr(softmax, name)(strided(x.astype(dtype)), axis), y.astype(dtype), ulps=64)
    gradient = f"{name}_gradient"
    expected = getattr(exact_softmax, gradient)(cotangent, y, axis)
    arguments = cotangent.astype(dtype), strided(y.astype(dtype))
    found = getattr(softmax, gradient)(*arguments, axis)
    error = np.abs(found - expected).max()
    magnitude = np.abs(cotangent).sum(axis).max() * max(1, np.abs(y).max())
    assert error <= 64 * np.finfo(dtype).eps * magnitude


@pytest.mark.parametrize("name", ["add", "multiply"])
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=17), DTYPES, SEEDS)
@often
def test_arithmetic_with_broadcasting(name, shapes, dtype, seed):
    x, y = (
        np.asarray(normal(seed + i, *shape), dtype) for i, shape in enumerate(shapes.input_shapes)
    )
    found = getattr(arithmetic, name)(x, y)
    np.testing.assert_array_equal(found, getattr(np, name)(x, y))
    assert found.dtype == dtype


@given(FILLED, DTYPES, st.booleans(), SEEDS, st.data())
@often
def test_sums_and_moments(shape, dtype, keepdims, seed, data):
    axes = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    wide = normal(seed, *shape) + 2
    x = wide.astype(dtype)
    terms = int(np.prod([shape[axis] for axis in axes]))
    magnitude = np.abs(wide).sum(axes, keepdims=keepdims)
    found = arithmetic.sum(strided(x), axis=axes, keepdims=keepdims)
    expected = x.astype("float64").sum(axes, keepdims=keepdims)
    assert_rounding_only(found, expected, magnitude, terms)
    found = normalization.moments(x, axes, keepdims)
    exact = exact_normalization.moments(x.astype("float64"), axes, keepdims)
    for one, other in zip(found, exact, strict=True):
        assert one.dtype == dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e3 * np.finfo(dtype).eps)


@given(*[st.integers(0, 70)] * 3, DTYPES, SEEDS)
@often
def test_matrix_products(rows, terms, columns, dtype, seed):
    x, y = normal(seed, terms, rows).astype(dtype).T, normal(seed + 1, terms, columns).astype(dtype)
    wide_x, wide_y = x.astype("float64"), y.astype("float64")
    found = products.matmul(x, strided(y))
    assert_rounding_only(found, wide_x @ wide_y, abs(wide_x) @ abs(wide_y), terms)


@given(FILLED, DTYPES, st.sampled_from(("int32", "int64", "uint8")), SEEDS)
@often
def test_cross_entropy(shape, dtype, label_type, seed):
    logits = normal(seed, *shape).astype(dtype)
    labels = np.random.default_rng(seed).integers(0, shape[-1], shape[:-1])
    labels = np.asarray(labels, label_type)
    cotangent = np.asarray(normal(seed + 1, *shape[:-1]), dtype)
    found = losses.sparse_softmax_cross_entropy(strided(logits), labels)
    near(found, np.asarray(exact_losses.sparse_softmax_cross_entropy(logits, labels)), ulps=16)
    found = losses.sparse_softmax_cross_entropy_gradient(cotangent, logits, labels)
    exact = exact_losses.sparse_softmax_cross_entropy_gradient(cotangent, logits, labels)
    near(found, exact, ulps=16)


@given(SHAPES, st.floats(0, 1), st.tuples(*[st.integers(0, 2**32 - 1)] * 2))
@often
def test_random_words_and_dropout(shape, rate, key):
    x = np.ones(shape, "float32")
    expected = exact_random.dropout(x, rate, key)
    np.testing.assert_array_equal(dropout.dropout(x, rate, key), expected)
    words = random.random_bits(key, x.size)
    np.testing.assert_array_equal(words, exact_random.random_bits(key, x.size))


def test_every_activation_is_drawn():
    assert set(MODULES["activations"]) == {*ELEMENTWISE, *GRADIENTS}
