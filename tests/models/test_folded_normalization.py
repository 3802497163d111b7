"""Outside of training a convolution and the batch normalization behind it are one convolution."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import config, layers
from minicnn.models import fusion
from minicnn.models.fusion import (
    ConvolutionThenNormalization,
    ConvolutionThenPool,
    NormalizationThenReLU,
    fused_nodes,
)
from minicnn.replay.program import Recording

SHAPE = (9, 8, 4)


def convolution(**settings):
    return layers.Conv2D(8, **{"kernel_size": 3, **settings})


def depthwise(**settings):
    return layers.DepthwiseConv2D(**{"kernel_size": 3, **settings})


CONVOLUTIONS = {
    "bias": lambda: convolution(),
    "no bias": lambda: convolution(use_bias=False),
    "linear by name": lambda: convolution(activation="linear", padding="same"),
    "strides": lambda: convolution(strides=2, padding="same", use_bias=False),
    "dilation": lambda: convolution(dilation_rate=(2, 1)),
    "5 x 2": lambda: convolution(kernel_size=(5, 2)),
    "1 x 1": lambda: convolution(kernel_size=1, strides=2),
    "groups": lambda: convolution(groups=2),
    "odd filters": lambda: layers.Conv2D(5, 3),
    "depthwise": lambda: depthwise(use_bias=False),
    "depthwise, bias": lambda: depthwise(padding="same"),
    "separable": lambda: layers.SeparableConv2D(8, 3, padding="same", use_bias=False),
    "separable, bias": lambda: layers.SeparableConv2D(
        5, (3, 2), strides=2, depth_multiplier=2, activation="linear"
    ),
    "depthwise, multiplier": lambda: depthwise(depth_multiplier=3, strides=2),
}
ENDS = {
    "": lambda x: x,
    "relu": lambda x: layers.ReLU()(x),
    "relu6": lambda x: layers.ReLU(6.0)(x),
    "leaky relu": lambda x: layers.ReLU(negative_slope=0.2)(x),
    "tanh": lambda x: layers.Activation("tanh")(x),
    "added": lambda x: layers.ReLU()(layers.Add()([x, layers.Dense(x.shape[-1])(x * 0.5)])),
    "pool": lambda x: layers.MaxPooling2D()(layers.ReLU()(x)),
}


def drawn(make=convolution, end=ENDS["relu"], shape=SHAPE):
    """A model with weights that no initializer would give."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input(shape)
    convolved = make()
    outputs = end(layers.BatchNormalization()(convolved(inputs)))
    model = keras.Model(inputs, outputs)
    generator = np.random.default_rng(8)
    for weight in model.weights:
        weight.assign(generator.uniform(0.3, 1.5, weight.shape))
        if weight.name in ("kernel", "bias", "beta", "moving_mean") or weight.name.endswith(
            "e_kernel"
        ):
            weight.assign(generator.normal(size=weight.shape))
    return model


def images(rows=5, shape=SHAPE):
    return np.random.default_rng(4).normal(size=(rows, *shape)).astype("float32")


def apart(function):
    config.set_fusion(False)
    try:
        return function()
    finally:
        config.set_fusion(True)


def truth(model, x):
    """The outputs in float64, by the NumPy backend, without fusion."""
    policy, backend = config.dtype_policy(), config.backend()
    config.set_dtype_policy("float64")
    config.set_backend("numpy")
    try:
        exact = keras.Model.from_config(_in_float64(model.get_config()))
        exact.set_weights(model.get_weights())
        return apart(lambda: np.asarray(exact(x.astype("float64"))))
    finally:
        config.set_backend(backend)
        config.set_dtype_policy(policy)


def _in_float64(part):
    if isinstance(part, dict):
        return {key: _in_float64(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return type(part)(map(_in_float64, part))
    return "float64" if part == "float32" else part


def kinds_of(model):
    model = model._functional if isinstance(model, keras.Sequential) else model
    return [type(n.operation) for n in fused_nodes(model._nodes, model._outputs, in_training=False)]


def error(result, exact):
    return np.abs(np.asarray(result, "float64") - exact).max() / np.abs(exact).max()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_folded_is_as_near_to_the_truth_as_layer_by_layer(name, end):
    model, x = drawn(CONVOLUTIONS[name], ENDS[end]), images()
    assert ConvolutionThenNormalization in kinds_of(model)
    exact = truth(model, x)
    folded, plain = model(x), apart(lambda: model(x))
    assert np.abs(exact).max() > 0.5
    assert error(folded, exact) < 2 * error(plain, exact) + 2e-6
    assert error(folded, exact) < 1e-5


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("algorithm", ["auto", "im2col", "direct", "winograd", "winograd_2x2"])
def test_each_algorithm_and_backend_folds(algorithm, backend):
    before = config.backend(), config.convolution_algorithm()
    model, x = drawn(), images()
    exact = truth(model, x)
    config.set_backend(backend)
    config.set_convolution_algorithm(algorithm)
    try:
        assert error(model(x), exact) < 2e-5
    finally:
        config.set_backend(before[0])
        config.set_convolution_algorithm(before[1])


def kernels_of(model, x, monkeypatch):
    """The source of the program that replayed prediction runs."""
    sources = []
    program = Recording.program

    def kept(self):
        sources.append(self.source())
        return program(self)

    monkeypatch.setattr(Recording, "program", kept)
    predicted = model.predict(x, batch_size=2, verbose=0)
    (source,) = sources
    return source, predicted


@pytest.mark.parametrize("make", [convolution, depthwise])
def test_no_pass_of_its_own_is_left_in_replayed_prediction(make, monkeypatch):
    model, x = drawn(make), images(10)
    source, predicted = kernels_of(model, x, monkeypatch)
    assert "scale_forward" not in source and source.count("conv_forward") == 1
    assert "activation='relu'" in source
    each = [np.asarray(model(x[i : i + 2], training=False)) for i in range(0, 10, 2)]
    np.testing.assert_array_equal(predicted, np.concatenate(each))


def test_switched_off_the_layers_are_called_one_after_the_other(monkeypatch):
    model, x = drawn(), images(10)
    config.set_fusion(False)
    try:
        source, predicted = kernels_of(model, x, monkeypatch)
        y = x
        for layer in model.layers[1:]:
            y = layer(y, training=False)
    finally:
        config.set_fusion(True)
    assert "conv(" in source and "conv_forward" not in source
    np.testing.assert_allclose(predicted, y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["kernel", "bias", "gamma", "beta", "moving_mean"])
def test_new_values_of_each_array_count_from_the_next_batch_on(name):
    model, x = drawn(), images(10)
    model.predict(x, batch_size=2, verbose=0)
    before = model.predict(x, batch_size=2, verbose=0)
    for _ in range(2):
        (weight,) = (w for w in model.weights if w.name == name)
        weight.assign(weight.numpy() * 1.5 + 0.25)
        after = model.predict(x, batch_size=2, verbose=0)
        plain = apart(lambda: model.predict(x, batch_size=2, verbose=0))
        assert np.abs(after - before).max() > 0.05
        np.testing.assert_allclose(after, plain, rtol=1e-5, atol=1e-5)
        before = after


def test_a_variance_or_epsilon_that_changes_counts_too():
    model, x = drawn(), images(10)
    normalization = model.layers[2]
    model.predict(x, batch_size=2, verbose=0)

    def more_variance():
        normalization.moving_variance.assign(normalization.moving_variance.numpy() * 4)

    def more_epsilon():
        normalization.epsilon = 0.5

    for change in (more_variance, more_epsilon):
        before = model.predict(x, batch_size=2, verbose=0)
        change()
        after = model.predict(x, batch_size=2, verbose=0)
        assert np.abs(after - before).max() > 0.02
        plain = apart(lambda: model.predict(x, batch_size=2, verbose=0))
        np.testing.assert_allclose(after, plain, rtol=1e-5, atol=1e-5)


def test_training_between_predictions_counts():
    model, x = drawn(), images(8)
    model.compile("sgd", "mse")
    y = np.asarray(model(x)) * 0
    for _ in range(3):
        before = model.predict(x, batch_size=2, verbose=0)
        model.fit(x, y, batch_size=2, verbose=0)
        after = model.predict(x, batch_size=2, verbose=0)
        assert np.abs(after - before).max() > 1e-4
        plain = apart(lambda: model.predict(x, batch_size=2, verbose=0))
        np.testing.assert_allclose(after, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("replay", [False, True])
def test_training_computes_what_it_did(replay, monkeypatch):
    def trained():
        model = drawn()
        model.compile("adam", "mse", run_eagerly=not replay)
        x = images(12)
        model.fit(x, np.zeros((12, *model.output_shape[1:])), batch_size=2, epochs=2, verbose=0)
        return [w.numpy() for w in model.weights]

    folding = trained()
    monkeypatch.setattr(fusion, "NORMALIZED", {})
    for one, other in zip(folding, trained(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_frozen_normalization_in_training_is_that_of_the_layer():
    model, x = drawn(), images()
    model.layers[2].trainable = False
    together = model(x, training=True)
    np.testing.assert_allclose(
        together, apart(lambda: model(x, training=True)), rtol=1e-5, atol=1e-5
    )


def reads_the_convolution():
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3)(inputs)
    return keras.Model(inputs, [layers.BatchNormalization()(x), x])


def adds_the_convolution():
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3)(inputs)
    return keras.Model(inputs, layers.Add()([layers.BatchNormalization()(x), x]))


def normalizes_twice():
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3)(inputs)
    outputs = [layers.BatchNormalization()(x), layers.BatchNormalization()(x)]
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("draw", [reads_the_convolution, adds_the_convolution, normalizes_twice])
def test_what_something_else_reads_is_not_folded(draw):
    model, x = draw(), images()
    assert ConvolutionThenNormalization not in kinds_of(model)
    for one, other in zip(
        keras.tree.flatten(model(x)), keras.tree.flatten(apart(lambda: model(x))), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


class Louder(layers.Conv2D):
    def call(self, inputs):
        return 2 * super().call(inputs)


class Twice(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training, mask)


def test_the_type_is_that_of_the_normalization():
    inputs = keras.Input(SHAPE, dtype="float64")
    y = layers.Conv2D(8, 3, autocast=False)(inputs)
    model = keras.Model(inputs, layers.BatchNormalization(autocast=False)(y))
    x = images().astype("float64")
    assert model(x).dtype == apart(lambda: model(x)).dtype == "float32"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda: Louder(8, 3), layers.BatchNormalization),
        (lambda: layers.Conv2D(8, 3), Twice),
        (lambda: layers.Conv2D(8, 3, activity_regularizer="l2"), layers.BatchNormalization),
        (lambda: layers.Conv2D(8, 3, dtype="float64"), layers.BatchNormalization),
        (lambda: layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization),
        # As many filters as rows, and as columns: a wrong fold would not be an error.
        (lambda: layers.Conv2D(7, 3), lambda: layers.BatchNormalization(axis=1)),
        (lambda: layers.Conv2D(8, 3), lambda: layers.BatchNormalization(scale=False)),
        (lambda: layers.Conv2D(8, 3), lambda: layers.BatchNormalization(center=False)),
        (lambda: layers.Conv2D(8, 3), lambda: layers.BatchNormalization(renorm=True)),
        (
            lambda: layers.Conv2D(2, 3, data_format="channels_first"),
            layers.BatchNormalization,
        ),
    ],
)
def test_layers_that_do_something_else_are_called_as_they_are(first, second):
    model, x = keras.Sequential([keras.Input(SHAPE), first(), second(), layers.ReLU()]), images()
    generator = np.random.default_rng(1)
    model.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    np.testing.assert_allclose(model(x), apart(lambda: model(x)), rtol=2e-5, atol=2e-5)


def test_settings_that_change_later_take_the_pair_apart():
    model, x = drawn(), images()
    model(x)
    for change in (
        lambda: setattr(model.layers[1], "activation", keras.activations.tanh),
        lambda: setattr(model.layers[2], "call", lambda x, training=None, mask=None: x + 1),
        lambda: setattr(model.layers[3], "max_value", 0.25),
    ):
        before = np.asarray(model(x))
        change()
        after = np.asarray(model(x))
        assert np.abs(after - before).max() > 0.05
        np.testing.assert_allclose(after, apart(lambda: model(x)), rtol=1e-5, atol=1e-5)


def test_a_penalty_on_the_normalization_that_comes_later_is_not_lost():
    model, x = drawn(), images()
    model(x)
    model.layers[2].activity_regularizer = keras.regularizers.L2(0.1)
    model(x)
    assert len(model.losses) == 1 and float(model.losses[0]) > 0


@pytest.fixture
def half():
    before = config.dtype_policy()
    config.set_dtype_policy("mixed_float16")
    yield
    config.set_dtype_policy(before)


def test_half_precision_is_left_to_the_layers(half):
    model, x = drawn(), images()
    assert ConvolutionThenNormalization in kinds_of(model)
    assert model(x).dtype == "float16"
    np.testing.assert_array_equal(model(x), layer_by_layer(model, x))


def layer_by_layer(model, x):
    """Normalization and relu are a pair of their own, as they are without a convolution."""
    convolved, normalization, relu = model.layers[1:]
    return NormalizationThenReLU(normalization, relu)(convolved(x), training=False)


def test_a_large_kernel_is_not_multiplied_for_each_batch(monkeypatch):
    model, x = drawn(), images()
    monkeypatch.setattr(fusion, "MOST_WEIGHTS", model.layers[1].kernel.size - 1)
    expected = layer_by_layer(model, x)
    np.testing.assert_array_equal(model(x), expected)


def test_gradients_in_inference_are_those_of_the_layers():
    x = keras.ops.convert_to_tensor(images())
    for make in (convolution, depthwise):
        model = drawn(make, ENDS["tanh"])

        def gradients(model=model):
            with keras.GradientTape() as tape:
                tape.watch(x)
                y = model(x, training=False)
                loss = keras.ops.sum(y * np.cos(np.arange(y.size)).reshape(y.shape))
            return tape.gradient(loss, [x, *model.trainable_weights])

        for one, other in zip(gradients(), apart(gradients), strict=True):
            assert np.abs(other).max() > 0.1
            scale = np.abs(other).max()
            np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize("make", [convolution, depthwise])
def test_the_same_bits_for_any_number_of_threads(make):
    model, x = drawn(make, shape=(24, 24, 16)), images(32, (24, 24, 16))
    before, results = config.threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_threads(threads)
            results.append(model.predict(x, batch_size=8, verbose=0))
    finally:
        config.set_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_a_saved_model_predicts_the_same(tmp_path):
    model, x = drawn(), images()
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_errors_name_the_layer():
    inputs = keras.Input((None, None, 2))
    x = layers.Conv2D(8, 5, name="first")(inputs)
    model = keras.Model(inputs, layers.BatchNormalization(name="second")(x))
    with pytest.raises(ValueError, match="'first' of type Conv2D"):
        model(np.zeros((1, 3, 3, 2), "float32"), training=False)


def test_a_pool_behind_the_convolution_stays_with_it():
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(8, 3),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
        ]
    )
    assert ConvolutionThenPool in kinds_of(model)
    assert ConvolutionThenNormalization not in kinds_of(model)
