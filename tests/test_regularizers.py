"""Penalties beside their formulas and beside Keras."""

import numpy as np
import pytest

from minicnn import ops, regularizers
from minicnn.autodiff import GradientTape

CASES = [
    ("L1", {"l1": 0.3}),
    ("L2", {"l2": 0.2}),
    ("L1L2", {"l1": 0.3, "l2": 0.2}),
    ("L1L2", {"l1": 0.3}),
    ("L1L2", {"l2": 0.2}),
    ("L1L2", {}),
    ("OrthogonalRegularizer", {"factor": 0.7}),
    ("OrthogonalRegularizer", {"factor": 0.7, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_penalties_gradients_and_configs_are_those_of_keras(keras, rng, name, settings):
    import tensorflow as tf

    x = rng.normal(size=(4, 6)).astype("float32")
    ours = getattr(regularizers, name)(**settings)
    theirs = getattr(keras.regularizers, name)(**settings)
    tensor, tf_tensor = ops.convert_to_tensor(x), tf.constant(x)
    with GradientTape() as tape, tf.GradientTape() as tf_tape:
        tape.watch(tensor)
        tf_tape.watch(tf_tensor)
        penalty, tf_penalty = ours(tensor), theirs(tf_tensor)
    assert penalty.shape == () and penalty.dtype == "float32"
    np.testing.assert_allclose(float(penalty), float(tf_penalty), rtol=1e-5)
    if settings:
        gradient, tf_gradient = (
            tape.gradient(penalty, tensor),
            tf_tape.gradient(tf_penalty, tf_tensor),
        )
        np.testing.assert_allclose(gradient.numpy(), tf_gradient.numpy(), rtol=1e-4, atol=1e-6)
    config = regularizers.serialize(ours)
    keras_config = keras.regularizers.serialize(theirs)
    # Keras rounds some of the numbers to float32 on their way.
    numbers = [
        {k: v for k, v in c.pop("config").items() if k != "mode"} for c in (config, keras_config)
    ]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-7)
    assert config == keras_config
    assert regularizers.deserialize(regularizers.serialize(ours)).get_config() == ours.get_config()


def test_formulas(rng):
    x = rng.normal(size=(3, 4))
    assert float(regularizers.L1(0.5)(x)) == pytest.approx(0.5 * np.abs(x).sum())
    assert float(regularizers.L2(0.5)(x)) == pytest.approx(0.5 * (x**2).sum())
    cosines = [
        abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) for i, a in enumerate(x) for b in x[:i]
    ]
    assert float(regularizers.OrthogonalRegularizer(2.0)(x)) == pytest.approx(2 * np.mean(cosines))


def test_get():
    assert regularizers.get(None) is None
    assert regularizers.get("l2").l2 == 0.01
    assert isinstance(regularizers.get("l1_l2"), regularizers.L1L2)
    assert isinstance(regularizers.get("L1"), regularizers.L1)
    assert regularizers.get(abs) is abs
    with pytest.raises(ValueError, match=r"Did you mean 'l1l2'|Did you mean 'l1_l2'"):
        regularizers.get("l1_12")
    assert regularizers.L1(None).l1 == 0.01


@pytest.mark.parametrize("value", ["a", float("nan"), float("inf"), -0.1, None, [0.1]])
def test_bad_factors_are_refused(value):
    with pytest.raises(ValueError, match="expected a non-negative float"):
        regularizers.validate_float_arg(value, "l1")


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"Invalid value for argument `mode`.*Did you mean 'rows'"):
        regularizers.OrthogonalRegularizer(mode="row")
    with pytest.raises(ValueError, match="must have rank 2"):
        regularizers.OrthogonalRegularizer()(np.ones((2, 2, 2)))
    with pytest.raises(NotImplementedError, match="get_config"):
        regularizers.Regularizer().get_config()
