"""`K.mean` and its kin, beside those of real Keras under `tensorflow.keras`."""

import importlib

import numpy as np
import pytest

import minicnn
from minicnn import ops
from minicnn.as_keras import old_backend

CALLS = {
    "any": lambda K, x: K.any(x > 1, axis=0),
    "argmax": lambda K, x: K.argmax(x),
    "argmin": lambda K, x: K.argmin(x, axis=0),
    "batch_flatten": lambda K, x: K.batch_flatten(K.stack([x, x])),
    "cast_to_floatx": lambda K, x: K.cast_to_floatx([1, 2]),
    "clip": lambda K, x: K.clip(x, min_value=-0.5, max_value=K.epsilon()),
    "concatenate": lambda K, x: K.concatenate([x, x]),
    "constant": lambda K, x: K.constant(3, shape=(2, 2)),
    "count_params": lambda K, x: K.count_params(x),
    "crossentropy": lambda K, x: K.binary_crossentropy(x * 0 + 1, K.sigmoid(x)),
    "cumprod": lambda K, x: K.cumprod(x),
    "cumsum": lambda K, x: K.cumsum(x),
    "dot": lambda K, x: K.dot(x, K.transpose(x)),
    "expand_dims": lambda K, x: K.expand_dims(x),
    "eye": lambda K, x: K.eye(3),
    "flatten": lambda K, x: K.flatten(x),
    "gather": lambda K, x: K.gather(x, [2, 0]),
    "get_value": lambda K, x: K.get_value(K.variable(x)),
    "l2_normalize": lambda K, x: K.l2_normalize(x, axis=1),
    "ones": lambda K, x: K.ones((2, 3)) + K.zeros((2, 3)),
    "permute_dimensions": lambda K, x: K.permute_dimensions(x, (1, 0)),
    "pow": lambda K, x: K.pow(K.abs(x), 1.5),
    "relu": lambda K, x: K.relu(x, alpha=0.1, max_value=1.0, threshold=0.2),
    "repeat_elements": lambda K, x: K.repeat_elements(x, 2, 1),
    "reverse": lambda K, x: K.reverse(x, 1),
    "sqrt": lambda K, x: K.sqrt(x),
    "switch": lambda K, x: K.switch(x > 0, x, -x),
    "switch_by_functions": lambda K, x: K.switch(K.mean(x) > 9.0, lambda: x, lambda: -x),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_same_values_as_keras(name, keras, rng):
    theirs = importlib.import_module("keras._tf_keras.keras.backend")
    x = rng.normal(size=(4, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(CALLS[name](theirs, keras.ops.convert_to_tensor(x)))
    found = ops.convert_to_numpy(CALLS[name](old_backend, ops.convert_to_tensor(x)))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_variables_take_values():
    counter = old_backend.variable(1.0)
    old_backend.set_value(counter, 5.0)
    old_backend.update_sub(counter, 2.0)
    assert old_backend.update_add(counter, 1.0) == old_backend.eval(counter) == 4.0
    assert old_backend.update(counter, 7.0) == 7.0


def test_random_numbers_have_the_shape_and_range_asked_for():
    assert old_backend.int_shape(old_backend.random_normal((2, 3), mean=1.0)) == (2, 3)
    uniform = np.asarray(old_backend.random_uniform((50,), minval=2.0, maxval=3.0))
    assert uniform.min() >= 2 and uniform.max() < 3


def test_the_rest_is_that_of_the_backend():
    assert old_backend.epsilon is minicnn.backend.epsilon
    assert {"floatx", "mean", "flatten", "pow"} <= set(dir(old_backend))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = old_backend.nothing_like_it
