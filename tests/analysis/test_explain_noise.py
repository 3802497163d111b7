"""Layers that draw numbers in training: their explanations say what was added or multiplied."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import minicnn as keras
from minicnn.analysis import explain_gradient, explain_output

LAYERS = {
    "alpha": lambda: keras.layers.AlphaDropout(0.4, seed=3),
    "noise": lambda: keras.layers.GaussianNoise(0.7, seed=3),
    "gaussian": lambda: keras.layers.GaussianDropout(0.4, seed=3),
    "dropout": lambda: keras.layers.Dropout(0.4, seed=3),
    "masking": lambda: keras.layers.Masking(2.0),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_the_numbers_in_the_formulas_give_output_and_gradient(name, training):
    shape = (1, 6, 1) if name == "masking" else (1, 6)
    model = keras.Sequential([keras.Input(batch_shape=shape), LAYERS[name]()])
    model.add(keras.layers.Flatten())
    x = np.array([1.5, -0.5, 2, 0.25, 2, -3], "float32").reshape(shape)
    layer = model.layers[0]
    for i in range(6):
        index = (i, 0) if name == "masking" else i
        found = explain_output(model, x, layer, index=index, training=training)
        assert_allclose(found.result, found.value, rtol=1e-5)
        *_, last = found.steps
        if "·" in last.formula or "+" in last.formula:
            python = last.formula.replace("·", "*").replace("−", "-")
            assert_allclose(eval(python), found.value, rtol=1e-3, atol=1e-4)
        for c in range(6):
            slope = explain_gradient(model, x, index=index, class_index=c, training=training)
            (terms,) = slope.terms
            assert np.isfinite(terms.total) and len(slope.steps) == 2
            assert_allclose(slope.result, slope.value, rtol=1e-4, atol=1e-6)
