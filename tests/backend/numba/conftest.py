"""What the tests of Numba's kernels share."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import config


@pytest.fixture
def assert_same_on_any_threads():
    """`check(function)`: the arrays that it gives are the same bits on one thread and on two."""

    def check(function):
        results = []
        for count in (1, 2):
            config.set_threads(count)
            results.append(function())
        for one, other in zip(*results, strict=True):
            np.testing.assert_array_equal(one, other)

    yield check
    config.set_threads(None)
