"""`SpectralNormalization` against singular values and real Keras."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, Sequential, layers, ops
from minicnn.layers import SpectralNormalization


def draw(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


INSIDE = {
    "Dense": ({"units": 5}, (3, 4)),
    "Conv2D": ({"filters": 3, "kernel_size": (2, 3)}, (2, 5, 6, 2)),
    "Conv1D": ({"filters": 2, "kernel_size": 3, "use_bias": False}, (2, 5, 3)),
    "Conv2DTranspose": ({"filters": 3, "kernel_size": 2}, (2, 4, 3, 2)),
    "DepthwiseConv2D": ({"kernel_size": 2}, (2, 5, 6, 3)),
    "EinsumDense": ({"equation": "abc,cde->abde", "output_shape": (2, 3, 2)}, (2, 2, 4)),
}


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("steps", [1, 3])
def test_steps_go_as_in_keras(keras, name, steps):
    settings, shape = INSIDE[name]
    x = draw(shape)
    pair = []
    for k in (minicnn, keras):
        inside = getattr(k.layers, name)(**settings, name="inside")
        layer = k.layers.SpectralNormalization(inside, power_iterations=steps, name="same")
        layer.build(shape)
        pair.append(layer)
    ours, theirs = pair
    paths = [(w.path, tuple(w.shape), w.trainable) for w in theirs.weights]
    assert [(w.path, tuple(w.shape), w.trainable) for w in ours.weights] == paths
    values = [draw(w.shape, i) for i, w in enumerate(theirs.get_weights())]
    for layer in pair:
        layer.set_weights(values)
    for training in (True, True, False):
        a, b = (np.asarray(layer(x, training=training)) for layer in pair)
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * np.abs(b).max())
        for v, w in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(v, w, rtol=0, atol=2e-5 * max(1, np.abs(w).max()))
    config = theirs.get_config()
    assert ours.get_config()["power_iterations"] == config["power_iterations"]
    assert ours.compute_output_shape(shape) == tuple(theirs.compute_output_shape(shape))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_largest_singular_value_becomes_one(backend):
    before = minicnn.config.backend()
    minicnn.config.set_backend(backend)
    try:
        layer = SpectralNormalization(layers.Conv2D(4, 3), power_iterations=40)
        x = draw((2, 6, 6, 2))
        layer.build(x.shape)
        layer.layer.kernel.assign(draw((3, 3, 2, 4), 1))
        layer(x)
        assert np.abs(layer.layer.kernel - draw((3, 3, 2, 4), 1)).max() == 0  # in inference
        layer(x, training=True)
        values = np.linalg.svd(layer.layer.kernel.numpy().reshape(-1, 4), compute_uv=False)
        assert values[0] == pytest.approx(1, rel=1e-4)
    finally:
        minicnn.config.set_backend(before)


def test_a_kernel_of_zeros_stays():
    layer = SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    layer(draw((2, 4)), training=True)
    kernel, u, _ = layer.get_weights()
    assert not kernel.any()
    assert u.any()


def test_the_gradient_is_to_the_divided_kernel():
    layer = SpectralNormalization(layers.Dense(3))
    x = draw((2, 4))
    layer.build(x.shape)
    with GradientTape() as tape:
        tape.watch(given := ops.convert_to_tensor(x))
        y = layer(given, training=True)
    by_kernel, by_x = tape.gradient(y, [layer.layer.kernel, given], ops.ones((2, 3)))
    np.testing.assert_allclose(by_kernel, x.sum(0)[:, None].repeat(3, 1), rtol=1e-5)
    np.testing.assert_allclose(
        by_x, layer.layer.kernel.numpy().sum(1)[None].repeat(2, 0), rtol=1e-5
    )


def test_replayed_steps_are_the_executed_ones():
    def train(replay):
        before = minicnn.config.replay()
        minicnn.config.set_replay(replay)
        try:
            minicnn.utils.set_random_seed(1)
            model = Sequential(
                [
                    layers.Input((6, 6, 2)),
                    SpectralNormalization(layers.Conv2D(3, 3, activation="relu")),
                    layers.Flatten(),
                    SpectralNormalization(layers.Dense(2)),
                ]
            )
            model.compile("sgd", "mse")
            model.fit(draw((24, 6, 6, 2)), draw((24, 2), 1), batch_size=4, epochs=3, verbose=0)
            return model.get_weights()
        finally:
            minicnn.config.set_replay(before)

    for a, b in zip(train(True), train(False), strict=True):
        np.testing.assert_array_equal(a, b)


def test_embeddings_and_what_has_no_kernel():
    layer = SpectralNormalization(layers.Embedding(5, 3), power_iterations=30)
    layer(np.array([[0.0, 4.0]], "float32"), training=True)
    values = np.linalg.svd(layer.layer.embeddings.numpy(), compute_uv=False)
    assert values[0] == pytest.approx(1, rel=1e-3)
    with pytest.raises(ValueError, match="no attribute 'kernel' nor 'embeddings'"):
        SpectralNormalization(layers.ReLU()).build((2, 3))
    with pytest.raises(ValueError, match="`power_iterations` should be greater than zero"):
        SpectralNormalization(layers.Dense(2), power_iterations=0)
