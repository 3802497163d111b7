"""The same layer in minicnn and in real Keras: outputs, gradients, states and configs."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import GradientTape, Tensor, layers

EPS = np.finfo("float32").eps


def compare_with_keras(
    keras: Any, rng: np.random.Generator, name: str, settings: dict, x: np.ndarray, **call: Any
) -> Any:
    """Asserts that both layers compute, differentiate and are described alike; returns ours.

    Weights are drawn at random, so that no bias of zeros hides a mistake. Differences may be as
    large as rounding makes them in sums of as many terms as the inputs have elements.
    """
    ours, theirs = getattr(layers, name)(**settings), getattr(keras.layers, name)(**settings)
    shape = theirs(x, **call).shape
    assert ours(x, **call).shape == shape
    assert ours.supports_masking == theirs.supports_masking
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    drawn = [rng.uniform(0.3, 1.5, w.shape) * _sign(w, rng) for w in theirs.weights]
    ours.set_weights(drawn)
    theirs.set_weights(drawn)
    cotangent = rng.standard_normal(shape).astype("float32")
    found = _run(ours, x, cotangent, call)
    expected = _run_keras(theirs, x, cotangent, call)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        allowed = (x.size + 8) * EPS * max(1.0, np.abs(value).max(initial=0))
        np.testing.assert_allclose(found[key], value, rtol=0, atol=allowed, err_msg=key)
    assert np.abs(found["input gradient"]).max() > 1e-3
    assert _without_name(ours) == _without_name(theirs)
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()
    return ours


def _sign(weight: Any, rng: np.random.Generator) -> np.ndarray:
    positive = "variance" in weight.name or "stddev" in weight.name
    return 1 if positive else rng.choice([-1, 1], weight.shape)


def _run(layer: Any, x: np.ndarray, cotangent: np.ndarray, call: dict) -> dict:
    inputs = Tensor(x)
    with GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, **call)
    assert y.dtype == "float32"
    weights = layer.trainable_weights
    gradients = tape.gradient(y, [inputs, *weights], output_gradients=Tensor(cotangent))
    return _named(y, gradients, layer)


def _run_keras(layer: Any, x: np.ndarray, cotangent: np.ndarray, call: dict) -> dict:
    import tensorflow as tf

    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, **call)
    weights = [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(y, [inputs, *weights], output_gradients=tf.constant(cotangent))
    return _named(y, gradients, layer)


def _named(y: Any, gradients: list, layer: Any) -> dict:
    named = {"output": y, "input gradient": gradients[0]}
    for weight, gradient in zip(layer.trainable_weights, gradients[1:], strict=True):
        named[f"{weight.name} gradient"] = gradient
    for weight in layer.non_trainable_weights:
        named[weight.name] = weight
    return {key: np.asarray(value) for key, value in named.items()}


def _without_name(layer: Any) -> Any:
    config = layer.get_config()
    return _as_lists({key: value for key, value in config.items() if key != "name"})


def _as_lists(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _as_lists(value) for key, value in x.items()}
    return [_as_lists(value) for value in x] if isinstance(x, (tuple, list)) else x
