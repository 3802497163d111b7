"""Constraints beside their formulas and beside Keras."""

import numpy as np
import pytest

from minicnn import constraints

CASES = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1, 2]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": (1, 2)}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0, "rate": 0.3, "axis": -1}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_weights_and_configs_are_those_of_keras(keras, rng, name, settings):
    w = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    ours = getattr(constraints, name)(**settings)
    theirs = getattr(keras.constraints, name)(**settings)
    np.testing.assert_allclose(ours(w).numpy(), np.asarray(theirs(w)), rtol=1e-5, atol=1e-7)
    assert ours(w).dtype == "float32"
    config = constraints.serialize(ours)
    assert config == keras.constraints.serialize(theirs)
    again = constraints.deserialize(config)
    np.testing.assert_array_equal(again(w).numpy(), ours(w).numpy())


def test_formulas(rng):
    w = rng.normal(size=(6, 5))

    def norms(constraint):
        return np.linalg.norm(constraint(w).numpy(), axis=0)

    before = np.linalg.norm(w, axis=0)
    middle = float(np.median(before))
    np.testing.assert_allclose(
        norms(constraints.MaxNorm(middle)), np.minimum(before, middle), rtol=1e-5
    )
    np.testing.assert_allclose(norms(constraints.UnitNorm()), 1, rtol=1e-5)
    halfway = (before + np.clip(before, middle, middle)) / 2
    np.testing.assert_allclose(
        norms(constraints.MinMaxNorm(middle, middle, rate=0.5)), halfway, rtol=1e-5
    )
    np.testing.assert_array_equal(constraints.NonNeg()(w).numpy(), np.maximum(w, 0))
    assert constraints.Constraint()(w) is w


def test_get():
    assert constraints.get(None) is None
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert isinstance(constraints.get("NonNeg"), constraints.NonNeg)
    assert constraints.get(abs) is abs
    with pytest.raises(ValueError, match="Did you mean 'unit_norm'"):
        constraints.get("unit_nrm")
