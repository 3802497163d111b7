from __future__ import annotations

import numpy as np
import pytest

from minicnn.backend.numpy.normalization import moments


@pytest.mark.parametrize("axes", [(0,), (0, 1, 2), -1, (1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(axes, keepdims, rng):
    x = rng.standard_normal((4, 3, 5, 2)) * 3 + 7
    mean, variance = moments(x, axes, keepdims)
    np.testing.assert_allclose(mean, x.mean(axes, keepdims=keepdims))
    np.testing.assert_allclose(variance, x.var(axes, keepdims=keepdims))


def test_a_large_mean_does_not_cancel(rng):
    x = (rng.standard_normal((1000, 2)) + 1e4).astype(np.float32)
    np.testing.assert_allclose(moments(x, 0)[1], x.astype(np.float64).var(0), rtol=1e-4)


def test_float16_does_not_overflow():
    mean, variance = moments(np.full((70, 1000), 40.0, np.float16), 1)
    assert mean.dtype == variance.dtype == np.float16
    np.testing.assert_array_equal(mean, 40)
    np.testing.assert_array_equal(variance, 0)
