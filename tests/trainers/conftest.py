"""Small models for the tests of the training loop."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn


@pytest.fixture
def regression():
    """A compiled linear model with its data: 20 samples of 4 features, 3 targets."""
    rng = np.random.default_rng(0)
    model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(3, name="linear")])
    model.compile("adam", "mse", metrics=["mae"])
    x = rng.normal(size=(20, 4)).astype("float32")
    return model, x, rng.normal(size=(20, 3)).astype("float32")
