"""Transfer learning from networks that real Keras saved: they predict the same, and train."""

import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.layers.applications.convnext import LayerScale, StochasticDepth
from minicnn.layers.applications.inception_resnet_v2 import CustomScaleLayer

sys.path.insert(0, str(Path(__file__).parent / "applications"))
import networks
import small_networks

# Published networks, of 154 and 429 layers; odd and unequal sides, since they pad by hand.
SIZES = {"MobileNetV2": (41, 35), "DenseNet121": (33, 47)}


@pytest.fixture(scope="module", params=(*SIZES, *small_networks.NETWORKS))
def saved(request, keras, tmp_path_factory):
    keras.utils.set_random_seed(0)
    if request.param in SIZES:
        whole = networks.make(request.param, SIZES[request.param])
    else:
        make, size = small_networks.NETWORKS[request.param]
        whole = make((*size, 3))
    return networks.save(whole, tmp_path_factory.mktemp("saved"))


def with_head(base, library=minicnn, classes=3):
    """A new classifier on a base."""
    inputs = library.Input(base.input_shape[1:])
    x = library.layers.GlobalAveragePooling2D()(base(inputs))
    return library.Model(inputs, library.layers.Dense(classes, name="head")(x))


def without_dropout(base):
    """The base, which drops nothing in training; else it would, frozen or not, as in Keras."""
    for layer in base.layers:
        for rate in ("rate", "drop_path_rate"):
            if hasattr(layer, rate):
                setattr(layer, rate, 0.0)
    return base


def data(images, classes=3):
    random = np.random.default_rng(5)
    labels = np.eye(classes, dtype="float32")[random.permutation(len(images)) % classes]
    return images, labels


def test_a_network_predicts_what_keras_predicts(saved):
    model = minicnn.saving.load_model(saved.whole)
    scores = {}
    for algorithm in ("im2col", "auto"):
        minicnn.config.set_convolution_algorithm(algorithm)
        scores[algorithm] = model(saved.images, training=False)
    minicnn.config.set_backend("numpy")
    truth = networks.in_float64(saved.whole).predict(saved.images, verbose=0)
    kept = networks.relative(saved.scores, truth)
    assert np.ptp(truth) > 0.1  # scores of different sizes
    assert kept < 1e-3
    assert networks.relative(np.array(scores["im2col"]), truth) < 4 * kept + 1e-6
    # Winograd's tiles of 4 × 4 round about ten times as much as the other algorithms.
    assert networks.relative(np.array(scores["auto"]), truth) < 16 * kept + 1e-6


def test_a_frozen_network_with_a_new_head_trains_the_head_alone(saved):
    base = without_dropout(minicnn.saving.load_model(saved.base))
    base.trainable = False
    model = with_head(base)
    assert [weight.path for weight in model.trainable_weights] == ["head/kernel", "head/bias"]
    before = [np.array(weight) for weight in base.weights]
    w, b = (np.array(weight, "float64") for weight in model.trainable_weights)
    images, labels = data(saved.images)
    features = saved.features.mean((1, 2), dtype="float64")  # of Keras
    rate = 0.5 / float(np.square(features).sum(1).max())
    model.compile(minicnn.optimizers.SGD(rate), "mse")
    losses = [model.train_on_batch(images, labels) for _ in range(5)]
    for loss in losses:
        error = features @ w + b - labels
        np.testing.assert_allclose(loss, np.square(error).mean(), rtol=2e-3)
        w -= rate * features.T @ error * 2 / error.size
        b -= rate * error.sum(0) * 2 / error.size
    assert losses[-1] < losses[0]
    assert networks.relative(np.array(model.get_layer("head").kernel), w) < 1e-3
    assert all(np.array_equal(x, y) for x, y in zip(before, base.weights, strict=True))


def test_fine_tuning_changes_the_base_and_keeps_its_statistics(saved):
    base = without_dropout(minicnn.saving.load_model(saved.base))
    for layer in base.layers:
        layer.trainable = not isinstance(layer, minicnn.layers.BatchNormalization)
    model = with_head(base)
    images, labels = data(saved.images)
    model.compile(minicnn.optimizers.SGD(1e-5), "mse")
    before = {weight.path: np.array(weight) for weight in base.weights}
    losses = [model.train_on_batch(images, labels) for _ in range(4)]
    assert losses[-1] < losses[0]
    changed = {w.path for w in base.weights if not np.array_equal(before[w.path], w)}
    assert changed <= {weight.path for weight in base.trainable_weights}
    assert len(changed) > 0.9 * len(base.trainable_weights)


@pytest.mark.parametrize("saved", ["MobileNetV2", *small_networks.NETWORKS], indirect=True)
def test_a_step_of_fine_tuning_is_that_of_keras(keras, saved):
    images, labels = data(saved.images)
    channels = saved.features.shape[-1]
    states = []
    for library in (keras, minicnn):
        base = without_dropout(library.saving.load_model(saved.base))
        for layer in base.layers[:-20]:
            layer.trainable = False
        model = with_head(base, library)
        model.get_layer("head").set_weights([np.ones((channels, 3)) / channels, np.zeros(3)])
        model.compile(library.optimizers.SGD(1e-4), "mse", run_eagerly=True)
        start = [w.numpy() for w in model.weights]
        loss = model.train_on_batch(images, labels)
        states.append((loss, start, [w.numpy() for w in model.weights]))
    (loss, start, theirs), (our_loss, our_start, ours) = states
    np.testing.assert_allclose(our_loss, loss, rtol=1e-4)
    moved = 0
    for a, b, old in zip(ours, theirs, start, strict=True):
        assert np.array_equal(a, old) == np.array_equal(b, old)
        moved += not np.array_equal(b, old)
        scale = np.abs(b - old).max()
        np.testing.assert_allclose(a - old, b - old, rtol=0, atol=1e-2 * scale + 1e-7)
    assert moved >= 8
    assert all(np.array_equal(a, b) for a, b in zip(start, our_start, strict=True))


def test_layers_of_applications_compute_what_keras_computes(keras, tmp_path):
    inputs = minicnn.Input((5, 4))
    x = StochasticDepth(0.3)(LayerScale(0.2, 4)(inputs))
    ours = minicnn.Model(inputs, CustomScaleLayer(0.7)([inputs, x]))
    random = np.random.default_rng(3)
    ours.layers[1].gamma.assign(random.normal(size=4))
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = minicnn.saving.load_model(tmp_path / "theirs.keras")
    batch = random.normal(size=(3, 5, 4)).astype("float32")
    expected = theirs(batch).numpy()
    np.testing.assert_allclose(ours(batch), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(again(batch), expected, rtol=1e-6, atol=1e-6)


def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean():
    x = np.random.default_rng(1).uniform(1, 2, (4000, 2, 3)).astype("float32")
    layer = StochasticDepth(0.25)
    y = np.array(layer(x, training=True))
    kept = (y != 0).reshape(len(x), -1)
    assert (kept.all(1) | ~kept.any(1)).all()
    assert abs(kept[:, 0].mean() - 0.75) < 0.03
    np.testing.assert_allclose(y[kept[:, 0]], x[kept[:, 0]] / 0.75, rtol=1e-6)
    np.testing.assert_array_equal(layer(x, training=False), x)
    model = minicnn.Sequential([minicnn.Input((2, 3)), layer])
    model.compile("sgd", "mse")
    losses = {model.test_on_batch(x, y), *(model.train_on_batch(x, y) for _ in range(6))}
    assert len(losses) == 7  # others at each step, also when it is replayed
