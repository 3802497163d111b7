"""The place of the largest against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import reductions
from tests.backend.checks import strided

VALUES = [-np.inf, -1, 0, 2, np.inf, np.nan]


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.sampled_from(("float32", "float64", "int32")),
    st.sampled_from((None, 0, -1)),
    st.booleans(),
    st.integers(0, 2**32),
)
@settings(max_examples=80, deadline=None)
def test_argmax_with_ties_and_nan(shape, dtype, axis, keepdims, seed):
    values = VALUES[1:4] if dtype == "int32" else VALUES
    x = np.random.default_rng(seed).choice(values, shape).astype(dtype)
    expected = np.argmax(x, axis=axis, keepdims=keepdims)
    for array in (x, np.asfortranarray(x)):
        found = reductions.argmax(array, axis=axis, keepdims=keepdims)
        np.testing.assert_array_equal(found, expected)
        assert np.shape(found) == np.shape(expected)


def test_argmax_of_nothing_and_of_much(rng, assert_same_on_any_threads):
    assert reductions.argmax(np.zeros((0, 3), "float32"), -1).shape == (0,)
    with pytest.raises(ValueError, match="empty"):
        reductions.argmax(np.zeros((3, 0), "float32"), -1)
    x = rng.standard_normal((70_000, 11)).astype("float32")
    np.testing.assert_array_equal(reductions.argmax(x, 1), x.argmax(1))
    np.testing.assert_array_equal(reductions.argmax(strided(x), 1), x.argmax(1))
    assert_same_on_any_threads(lambda: [reductions.argmax(x, 1)])
