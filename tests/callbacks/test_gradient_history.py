"""What GradientHistory reads is what happens in the step, and the step stays as it is."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import gradients
from minicnn.callbacks import GradientHistory, LambdaCallback

layers = minicnn.layers


def network(dead=0, optimizer="adam", **settings):
    """A small convnet, of whose convolution some filters are never active."""
    model = minicnn.Sequential(
        [
            minicnn.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="classes"),
        ],
        name="net",
    )
    random = np.random.default_rng(1)
    weights = [random.normal(size=w.shape) for w in model.get_weights()]
    weights[1][:dead] = -1000
    model.set_weights(weights)
    model.compile(optimizer, "sparse_categorical_crossentropy", **settings)
    return model


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    return random.random((40, 8, 8, 2), "float32"), random.integers(0, 3, 40)


def trained(model, data, callbacks, epochs=3):
    minicnn.utils.set_random_seed(0)
    history = model.fit(*data, batch_size=8, epochs=epochs, verbose=0, callbacks=callbacks)
    return history, [w.numpy() for w in model.weights]


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("every", [1, 2])
def test_training_is_the_same_to_the_last_bit(data, every, eagerly):
    _, plain = trained(network(run_eagerly=eagerly), data, [])
    model = network(run_eagerly=eagerly)
    _, watched = trained(model, data, [GradientHistory(every)])
    for a, b in zip(plain, watched, strict=True):
        np.testing.assert_array_equal(a, b)
    assert "apply" not in vars(model.optimizer)


def test_steps_are_still_replayed(data, monkeypatch):
    from minicnn.trainers.steps import Steps

    executed = []
    train_step = Steps.train_step

    def counted(self, batch):
        executed.append(1)
        return train_step(self, batch)

    counts = []
    for callbacks in ([], [GradientHistory(1)]):
        executed.clear()
        model = network()
        with monkeypatch.context() as patch:
            # A class of the library: a method in its place is still known as its own.
            counted.__module__ = "minicnn.trainers.steps"
            patch.setattr(Steps, "train_step", counted)
            trained(model, data, callbacks)
        counts.append(len(executed))
    assert counts[1] == counts[0] < 15


@pytest.mark.parametrize("eagerly", [False, True])
def test_values_are_those_of_the_step(data, eagerly):
    """One step an epoch: the gradient of the batch, and the weights before and after it."""
    model, other = (network(optimizer="sgd", run_eagerly=eagerly) for _ in range(2))
    x, y = data[0][:8], data[1][:8]
    watch, expected = GradientHistory(), []

    def look(epoch, logs=None):
        other.set_weights(model.get_weights())
        expected.append((gradients(other, x, y).weights, model.get_weights()))

    trained(model, (x, y), [watch, LambdaCallback(on_epoch_begin=look)], epochs=5)
    after = [weights for _, weights in expected[1:]] + [model.get_weights()]
    for epoch, (found, before) in enumerate(expected):
        for i, layer in ((0, model.get_layer("conv")), (2, model.get_layer("classes"))):
            name = layer.path
            norm = np.sqrt(sum(np.sum(g**2) for g in list(found.values())[i : i + 2]))
            assert watch.history[f"gradient_norm/{name}"][epoch] == pytest.approx(norm, rel=1e-4)
            old, new = before[i : i + 2], after[epoch][i : i + 2]
            change = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(old, new, strict=True)))
            ratio = change / np.sqrt(sum(np.sum(a**2) for a in old))
            assert watch.history[f"update_ratio/{name}"][epoch] == pytest.approx(ratio, rel=1e-3)


@pytest.mark.parametrize("dead", [0, 1, 3])
def test_dead_filters_are_counted(data, dead):
    model = network(dead)
    history, _ = trained(model, data, [GradientHistory(1)])
    assert history.history["dead_units/" + model.get_layer("conv").path] == [dead / 4] * 3


@pytest.mark.parametrize(
    "make",
    [
        lambda **s: layers.Conv2DTranspose(4, 3, activation="relu", name="layer", **s),
        lambda **s: layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu", name="layer"),
    ],
)
def test_units_of_other_layers(make, data):
    model = minicnn.Sequential(
        [minicnn.Input((8, 8, 2)), make(), layers.Flatten(), layers.Dense(3)]
    )
    model.compile("sgd", minicnn.losses.SparseCategoricalCrossentropy(from_logits=True))
    layer = model.get_layer("layer")
    layer.bias.assign([-1000.0, 5.0, 5.0, 5.0])
    watch = GradientHistory(1)
    trained(model, data, [watch], epochs=1)
    assert watch.history[f"dead_units/{layer.path}"] == [0.25]


def test_float16_reads_the_unscaled_gradients(data):
    minicnn.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = network()
    finally:
        minicnn.mixed_precision.set_global_policy("float32")
    model.set_weights([0.1 * w for w in model.get_weights()])
    x, y = data[0][:8], data[1][:8]
    expected = gradients(model, x, y).weights
    watch = GradientHistory(1)
    trained(model, (x, y), [watch], epochs=1)
    path = model.get_layer("classes").path
    norm = np.sqrt(sum(np.sum(g**2) for g in list(expected.values())[2:]))
    assert watch.history[f"gradient_norm/{path}"] == pytest.approx([norm], rel=1e-2)


def test_epochs_without_a_sample_have_no_number(data):
    """With float16 the optimizer is not called where a gradient is not finite."""
    model = minicnn.Sequential([minicnn.Input((2,)), layers.Dense(1, name="dense")])
    optimizer = minicnn.optimizers.LossScaleOptimizer(minicnn.optimizers.SGD())
    model.compile(optimizer, "mse")
    x, y = np.full((8, 2), np.nan, "float32"), np.ones((8, 1), "float32")
    watch = GradientHistory()
    with pytest.warns(UserWarning):
        history = model.fit(x, y, verbose=0, epochs=2, callbacks=[watch])
    model.fit(np.ones_like(x), y, verbose=0, epochs=1, callbacks=[watch, history])
    values = watch.history["gradient_norm/" + model.layers[0].path]
    assert np.isnan(values[:2]).all() and np.isfinite(values[2])


def test_history_and_picture(data):
    pytest.importorskip("matplotlib")
    watch = GradientHistory(2)
    history, _ = trained(network(), data, [watch])
    assert {k: v for k, v in history.history.items() if "/" in k} == watch.history
    assert all(len(values) == 3 for values in history.history.values())
    figure = watch.plot()
    assert [len(panel.lines) for panel in figure.axes] == [2, 2, 2]


def test_errors(data):
    with pytest.raises(ValueError, match="`every` must be a whole number"):
        GradientHistory(0)
