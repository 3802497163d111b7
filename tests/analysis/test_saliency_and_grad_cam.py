"""Saliency maps and Grad-CAM compared with plain NumPy, and with Keras's tape."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import grad_cam, saliency


def network(keras, dtype="float32"):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((7, 6, 2), dtype=dtype),
            layers.Conv2D(5, 3, name="conv", dtype=dtype),
            layers.ReLU(name="relu", dtype=dtype),
            layers.Flatten(name="flat", dtype=dtype),
            layers.Dense(4, activation="softmax", name="classes", dtype=dtype),
        ]
    )


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).normal(size=(3, 7, 6, 2)).astype("float32").astype("float64")


def plain(weights, x):
    """Features, scores before the softmax, and the gradients of all scores, in loops."""
    kernel, bias, dense, offset = weights
    n = len(x)
    features = np.zeros((n, 5, 4, 5))
    for i in range(5):
        for j in range(4):
            window = x[:, i : i + 3, j : j + 3, :]
            features[:, i, j] = np.einsum("nabc,abcf->nf", window, kernel) + bias
    active = np.maximum(features, 0)
    scores = active.reshape(n, -1) @ dense + offset
    # to the features: (samples, 5, 4, 5, classes); to the images likewise
    slopes = (features > 0)[..., None] * dense.reshape(1, 5, 4, 5, 4)
    to_images = np.zeros((*x.shape, 4))
    for i in range(5):
        for j in range(4):
            part = np.einsum("nfk,abcf->nabck", slopes[:, i, j], kernel)
            to_images[:, i : i + 3, j : j + 3] += part
    to_active = np.broadcast_to(dense.reshape(1, 5, 4, 5, 4), slopes.shape)
    return features, active, scores, slopes, to_active, to_images


@pytest.mark.parametrize("class_index", [None, 2, [0, 3, 1]])
def test_saliency_is_that_of_plain_numpy(images, class_index):
    model = network(minicnn, "float64")
    _, _, scores, _, _, to_images = plain([w.numpy() for w in model.weights], images)
    found = saliency(model, images, class_index)
    classes = scores.argmax(-1) if class_index is None else np.broadcast_to(class_index, 3)
    np.testing.assert_array_equal(found.classes, classes)
    expected = np.stack([to_images[i, ..., c] for i, c in enumerate(classes)])
    np.testing.assert_allclose(found.gradient, expected, rtol=1e-6)  # cast at the input
    np.testing.assert_allclose(found.maps, abs(expected).max(-1), rtol=1e-6)
    np.testing.assert_allclose(found.scores, scores[np.arange(3), classes], rtol=1e-10)


@pytest.mark.parametrize("layer", ["conv", "relu", None])
def test_grad_cam_is_that_of_plain_numpy(images, layer):
    model = network(minicnn, "float64")
    features, active, scores, slopes, to_active, _ = plain(
        [w.numpy() for w in model.weights], images
    )
    found = grad_cam(model, images, layer)
    values, to_values = (features, slopes) if layer == "conv" else (active, to_active)
    assert found.layer == (layer or "relu")
    for i, c in enumerate(scores.argmax(-1)):
        expected = np.zeros((5, 4))
        for k in range(5):
            expected += to_values[i, :, :, k, c].sum() / 20 * values[i, :, :, k]
        np.testing.assert_allclose(found.maps[i], np.maximum(expected, 0), rtol=1e-9, atol=1e-12)
    assert found.heatmaps.shape == (3, 7, 6) and found.maps.max() > 0
    assert found.heatmaps.max() <= found.maps.max() + 1e-12


@pytest.mark.keras
def test_saliency_is_that_of_keras(images):
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    ours, theirs = network(minicnn), network(keras)
    theirs.set_weights(ours.get_weights())
    x = tf.constant(images, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = keras.ops.sum(theirs(x)._keras_logits[:, 1])
    found = saliency(ours, images.astype("float32"), 1)
    np.testing.assert_allclose(found.gradient, tape.gradient(score, x), rtol=1e-4, atol=1e-6)


def test_channels_first_gives_the_same(images):
    first = network(minicnn, "float64")
    layers, x = minicnn.layers, minicnn.Input((2, 7, 6), dtype="float64")
    y = layers.Conv2D(5, 3, data_format="channels_first", name="conv", dtype="float64")(x)
    y = layers.Permute((2, 3, 1), dtype="float64")(layers.ReLU(dtype="float64")(y))
    y = layers.Dense(4, dtype="float64")(layers.Flatten(dtype="float64")(y))
    model = minicnn.Model(x, y)
    model.set_weights(first.get_weights())
    found = grad_cam(model, images.transpose(0, 3, 1, 2), "conv")
    np.testing.assert_allclose(found.maps, grad_cam(first, images, "conv").maps, rtol=1e-10)


def test_several_outputs_are_named(images):
    layers, inputs = minicnn.layers, minicnn.Input((7, 6, 2))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="conv")(inputs))
    model = minicnn.Model(inputs, [layers.Dense(3, name="a")(x), layers.Dense(2, name="b")(x)])
    with pytest.raises(ValueError, match="2 outputs: say which one with `output`"):
        saliency(model, images)
    by_name, by_index = saliency(model, images, output="b"), saliency(model, images, output=1)
    np.testing.assert_array_equal(by_name.maps, by_index.maps)
    assert not np.array_equal(by_name.maps, saliency(model, images, output="a").maps)
    with pytest.raises(ValueError, match="Unknown output: 'c'"):
        saliency(model, images, output="c")


def test_errors(images):
    model = network(minicnn)
    with pytest.raises(ValueError, match=r"must lie in 0 … 3"):
        saliency(model, images, 4)
    with pytest.raises(ValueError, match="whole number, or one for each of the 3 samples"):
        saliency(model, images, [1, 2])
    with pytest.raises(ValueError, match="That of 'flat' has the shape"):
        grad_cam(model, images, "flat")
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        grad_cam(model, images, "konv")
    with pytest.raises(ValueError, match="batch axis is missing"):
        grad_cam(model, images[0])
    dense = minicnn.Sequential([minicnn.Input((3,)), minicnn.layers.Dense(2)])
    with pytest.raises(ValueError, match="has none"):
        grad_cam(dense, np.ones((1, 3)))
    words = minicnn.Sequential([minicnn.Input((3,), dtype="int32"), minicnn.layers.Embedding(5, 2)])
    with pytest.raises(TypeError, match=r"whole numbers \(int32\), which have no gradient"):
        saliency(words, np.ones((1, 3), "int32"))


def test_pictures_of_whole_numbers_are_cast(images):
    model = network(minicnn)
    whole = (50 * images).astype("int64")
    found = saliency(model, whole, 1)
    np.testing.assert_array_equal(found.maps, saliency(model, whole.astype("float32"), 1).maps)
    print(found, grad_cam(model, whole))
