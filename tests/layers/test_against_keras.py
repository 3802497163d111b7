"""Layers without a test file of their own, against Keras: config, shapes, output, gradients.

One line a case. Convolutions, poolings and normalizations are compared in the folders beside this.
"""

import numpy as np
import pytest

from minicnn import GradientTape, Tensor, layers

IMAGE = (2, 5, 6, 3)
CASES = [
    ("Dense", {"units": 4, "activation": "relu"}, (3, 7)),
    ("Dense", {"units": 1, "use_bias": False}, (2, 3, 5)),
    ("Embedding", {"input_dim": 9, "output_dim": 4}, "int (2, 3)"),
    ("Identity", {}, IMAGE),
    ("Masking", {"mask_value": 0.5}, (2, 3, 4)),
    ("Activation", {"activation": "tanh"}, IMAGE),
    ("ReLU", {"max_value": 0.8, "negative_slope": 0.1, "threshold": 0.2}, IMAGE),
    ("ReLU", {}, IMAGE),
    ("LeakyReLU", {"negative_slope": 0.2}, IMAGE),
    ("PReLU", {"shared_axes": [1, 2], "alpha_initializer": "uniform"}, IMAGE),
    ("ELU", {"alpha": 1.5}, IMAGE),
    ("Softmax", {}, IMAGE),
    ("Softmax", {"axis": [1, 2]}, IMAGE),
    ("Flatten", {}, IMAGE),
    ("Flatten", {"data_format": "channels_first"}, IMAGE),
    ("Flatten", {}, (3,)),
    ("Reshape", {"target_shape": (-1, 6)}, IMAGE),
    ("Permute", {"dims": (3, 1, 2)}, IMAGE),
    ("RepeatVector", {"n": 3}, (2, 5)),
    ("ZeroPadding1D", {"padding": (1, 2)}, (2, 3, 4)),
    ("ZeroPadding1D", {"padding": (1, 2), "data_format": "channels_first"}, (2, 3, 4)),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}, IMAGE),
    ("ZeroPadding2D", {"padding": (2, 1), "data_format": "channels_first"}, IMAGE),
    ("ZeroPadding3D", {"padding": 1}, (1, 2, 3, 2, 2)),
    ("Cropping1D", {"cropping": (1, 1)}, (2, 5, 3)),
    ("Cropping2D", {"cropping": ((1, 0), (2, 3))}, IMAGE),
    ("Cropping2D", {"cropping": (1, 0), "data_format": "channels_first"}, IMAGE),
    ("Cropping3D", {"cropping": 1}, (1, 4, 3, 5, 2)),
    ("UpSampling1D", {"size": 3}, (2, 3, 4)),
    ("UpSampling2D", {"size": (2, 3)}, IMAGE),
    ("UpSampling3D", {"size": (1, 2, 2)}, (1, 2, 3, 2, 2)),
    ("Rescaling", {"scale": 2.5, "offset": [0.1, 0.2, 0.3]}, IMAGE),
    ("Dropout", {"rate": 0.3, "seed": 1}, IMAGE),
    ("SpatialDropout2D", {"rate": 0.3}, IMAGE),
    ("GaussianNoise", {"stddev": 0.3}, IMAGE),
    ("GaussianDropout", {"rate": 0.3}, IMAGE),
    ("AlphaDropout", {"rate": 0.3}, IMAGE),
    ("ActivityRegularization", {"l1": 0.3, "l2": 0.1}, IMAGE),
    ("Add", {}, [(2, 3, 4), (2, 1, 4), (2, 4)]),
    ("Subtract", {}, [(2, 3, 4), (2, 1, 4)]),
    ("Multiply", {}, [(2, 3, 4), (2, 3, 4), (2, 1, 1)]),
    ("Average", {}, [(2, 3), (2, 3), (2, 3)]),
    ("Maximum", {}, [(2, 3), (2, 3), (2, 3)]),
    ("Minimum", {}, [(2, 3), (2, 3)]),
    ("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4)]),
    ("Concatenate", {}, [IMAGE, (2, 5, 6, 1)]),
    ("Dot", {"axes": (2, 1)}, [(2, 3, 4), (2, 4, 5)]),
    ("Dot", {"axes": 1, "normalize": True}, [(2, 3), (2, 3)]),
]
IDS = [f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]


def data(shape, rng):
    if isinstance(shape, list):
        return [data(s, rng) for s in shape]
    if isinstance(shape, str):
        return rng.integers(0, 9, (2, 3))
    return rng.normal(size=shape).astype("float32")


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=IDS)
def test_output_gradients_and_config(keras, rng, name, settings, shape):
    import tensorflow as tf

    x = data(shape, rng)
    ours, theirs = getattr(layers, name)(**settings), getattr(keras.layers, name)(**settings)
    expected = theirs(x)
    ours(x)
    ours.set_weights(theirs.get_weights())
    cotangent = rng.normal(size=expected.shape).astype("float32")
    floating = not isinstance(shape, str)

    with tf.GradientTape() as tape:
        inputs = [tf.constant(a) for a in x] if isinstance(x, list) else tf.constant(x)
        tape.watch(inputs)
        expected = theirs(inputs)
    wanted = [inputs, theirs.trainable_weights] if floating else [[], theirs.trainable_weights]
    wanted[1] = [w.value for w in wanted[1]]
    expected_gradients = tape.gradient(expected, wanted, output_gradients=tf.constant(cotangent))

    with GradientTape() as tape:
        inputs = [Tensor(a) for a in x] if isinstance(x, list) else Tensor(x)
        if floating:
            tape.watch(inputs)
        result = ours(inputs)
    wanted = [inputs, ours.trainable_weights] if floating else [[], ours.trainable_weights]
    gradients = tape.gradient(result, wanted, output_gradients=Tensor(cotangent))

    assert result.dtype.name == expected.dtype.name
    np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-6)
    for a, b in zip(
        keras.tree.flatten(gradients), keras.tree.flatten(expected_gradients), strict=True
    ):
        np.testing.assert_allclose(a, tf.convert_to_tensor(b), rtol=2e-5, atol=2e-6)

    config, expected_config = ours.get_config(), theirs.get_config()
    for both in (config, expected_config):
        both.pop("name")
        both.pop("quantization_config", None)
    assert tuples_as_lists(config) == tuples_as_lists(expected_config)
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=IDS)
def test_symbolic_call_tells_shape_and_type(rng, name, settings, shape):
    from minicnn import Input

    x = data(shape, rng)
    dtype = "int32" if isinstance(shape, str) else "float32"
    inputs = (
        [Input(a.shape[1:]) for a in x] if isinstance(x, list) else Input(x.shape[1:], dtype=dtype)
    )
    layer = getattr(layers, name)(**settings)
    drawn, computed = layer(inputs), layer(x)
    assert drawn.shape[1:] == computed.shape[1:]
    assert drawn.dtype == computed.dtype.name
    shapes = [a.shape for a in x] if isinstance(x, list) else x.shape
    assert tuple(layer.compute_output_shape(shapes)) == computed.shape


def tuples_as_lists(x):
    if isinstance(x, dict):
        return {k: tuples_as_lists(v) for k, v in x.items()}
    return [tuples_as_lists(v) for v in x] if isinstance(x, (tuple, list)) else x


@pytest.mark.parametrize("rate", [0.2, 0.7])
@pytest.mark.parametrize("name", ["Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout"])
def test_noise_keeps_the_mean_and_is_the_same_for_a_seed(name, rate, rng):
    x = rng.normal(size=(64, 8, 8, 16)).astype("float32")
    layer, again = (getattr(layers, name)(rate, seed=5) for _ in range(2))
    y = layer(x, training=True).numpy()
    np.testing.assert_array_equal(y, again(x, training=True))
    assert np.abs(y - layer(x, training=True)).max() > 0, "the second draw must differ"
    assert np.abs(y - x).max() > 0
    np.testing.assert_allclose(y.mean(), x.mean(), atol=0.05)
    np.testing.assert_array_equal(layer(x), x)


@pytest.mark.parametrize("rate", [0.25, 0.8])
def test_dropout_is_scaled_and_its_gradient_has_the_same_mask(rate, rng):
    x = Tensor(rng.uniform(1, 2, size=(100, 100)).astype("float32"))
    layer = layers.Dropout(rate, seed=1)
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    cotangent = rng.uniform(1, 2, size=(100, 100)).astype("float32")
    gradient = tape.gradient(y, x, output_gradients=Tensor(cotangent))
    kept = y.numpy() != 0
    assert abs(kept.mean() - (1 - rate)) < 0.03
    np.testing.assert_allclose(y, kept * x.numpy() / np.float32(1 - rate), rtol=1e-6)
    np.testing.assert_allclose(gradient, kept * cotangent / np.float32(1 - rate), rtol=1e-6)


def test_dropout_noise_shape_shares_the_fate():
    layer = layers.Dropout(0.5, noise_shape=(None, 1, 4), seed=0)
    y = layer(np.ones((8, 6, 4)), training=True).numpy()
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert len(np.unique(y)) == 2


@pytest.mark.parametrize(
    ("merge", "shapes", "message"),
    [
        (layers.Subtract, [(2, 3), (2, 4)], r"(?s)'mine' received shapes \(2, 3\) and \(2, 4\)"),
        (layers.Subtract, [(2, 3)], "exactly 2 inputs"),
        (layers.Add, [(2, 3), (3, 3)], "different batch sizes"),
        (layers.Concatenate, [(2, 26, 26, 32), (2, 24, 24, 32)], r"26, 26, 32.*24, 24, 32"),
    ],
)
def test_merges_that_cannot_be(merge, shapes, message):
    with pytest.raises(ValueError, match=message):
        merge(name="mine")([np.ones(s, "float32") for s in shapes])
    with pytest.raises(ValueError, match="list"):
        merge()(np.ones((2, 3), "float32"))
