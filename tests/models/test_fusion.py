"""Pairs of layers that run as one kernel: same numbers, same model to look at."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import config, layers
from minicnn.models.fusion import (
    AdditionThenReLU,
    ConvolutionThenPool,
    NormalizationThenReLU,
    fused_nodes,
)
from minicnn.ops.nn.fused_layers import dense_layer


@pytest.fixture
def unfused():
    """Switches fusion off while the function it gives runs."""

    def run(function):
        config.set_fusion(False)
        try:
            return function()
        finally:
            config.set_fusion(True)

    return run


def convolutional():
    return keras.Sequential(
        [
            keras.Input((9, 8, 2)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(8, 2, padding="same", use_bias=False),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def residual():
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    y = layers.BatchNormalization()(x)
    x = layers.Add()([x, layers.ReLU()(y)])
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.ReLU()(layers.Add()([x, layers.GlobalAveragePooling2D(keepdims=True)(x)]))
    return keras.Model(inputs, [layers.GlobalAveragePooling2D()(x), y])


def pairs_of(model):
    model = model._functional if isinstance(model, keras.Sequential) else model
    return [type(n.operation) for n in fused_nodes(model._nodes, model._outputs)]


def test_the_table_finds_its_pairs_and_no_others():
    assert pairs_of(convolutional()).count(ConvolutionThenPool) == 2
    assert pairs_of(residual()).count(NormalizationThenReLU) == 1  # the other one's input goes out
    assert pairs_of(residual()).count(AdditionThenReLU) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda conv, pool: setattr(pool, "strides", (1, 1)),
        lambda conv, pool: setattr(conv, "activation", keras.activations.tanh),
        lambda conv, pool: setattr(pool, "padding", "same"),
    ],
)
def test_a_pair_is_taken_apart_when_a_layer_changes(change, rng, unfused):
    x = rng.normal(size=(2, 9, 8, 2)).astype("float32")
    model = keras.Sequential(
        [keras.Input((9, 8, 2)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2)]
    )
    model(x, training=False)
    change(*model.layers)
    np.testing.assert_allclose(
        model(x, training=False), unfused(lambda: model(x, training=False)), rtol=1e-5, atol=1e-5
    )


def test_a_penalty_that_comes_later_is_not_lost(rng):
    x = rng.normal(size=(2, 9, 8, 2)).astype("float32")
    model = keras.Sequential(
        [keras.Input((9, 8, 2)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2)]
    )
    model(x, training=True)
    model.layers[0].activity_regularizer = keras.regularizers.L2(0.1)
    model(x, training=True)
    assert len(model.losses) == 1 and float(model.losses[0]) > 0


@pytest.mark.parametrize("shape", [(0, 4), (2, 0, 4)])
def test_a_dense_layer_of_no_rows(shape):
    layer = layers.Dense(3, activation="relu")
    layer.build(shape)
    with keras.GradientTape() as tape:
        y = layer(np.zeros(shape, "float32"), training=True)
    kernel, bias = tape.gradient(y, layer.trainable_weights)
    assert y.shape == (*shape[:-1], 3)
    np.testing.assert_array_equal(kernel, np.zeros((4, 3)))
    np.testing.assert_array_equal(bias, np.zeros(3))


@pytest.mark.parametrize(
    ("size", "kind"), [(3, "'first' of type Conv2D"), (5, "'second' of type MaxPooling2D")]
)
def test_errors_name_the_layer_of_the_pair(size, kind):
    inputs = keras.Input((None, None, 2))
    x = layers.Conv2D(8, 5, name="first")(inputs)
    model = keras.Model(inputs, layers.MaxPooling2D(2, name="second")(x))
    with pytest.raises(ValueError, match=kind):
        model(np.zeros((1, size, size, 2), "float32"), training=False)


def test_layers_that_do_more_are_left_alone():
    class Louder(layers.Conv2D):
        def call(self, inputs):
            return 2 * super().call(inputs)

    penalized = layers.Conv2D(8, 3, activity_regularizer="l2")
    for conv in (Louder(8, 3), penalized, layers.Conv2D(8, 3, dtype="float64")):
        model = keras.Sequential([keras.Input((9, 8, 2)), conv, layers.MaxPooling2D(2)])
        assert ConvolutionThenPool not in pairs_of(model)


@pytest.mark.parametrize("draw", [convolutional, residual])
def test_outputs_gradients_and_averages_are_those_of_single_layers(draw, rng, unfused):
    model = draw()
    x = rng.normal(size=(5, *model.input_shape[1:])).astype("float32")
    start = model.get_weights()

    def step():
        model.set_weights(start)
        with keras.GradientTape() as tape:
            outputs = model(x, training=True)
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            loss = sum(
                keras.ops.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)) for y in outputs
            )
        gradients = tape.gradient(loss, model.trainable_weights)
        return [*outputs, *gradients, *model.non_trainable_weights, model(x, training=False)[0]]

    together, apart = step(), unfused(step)
    assert max(np.abs(g).max() for g in apart) > 0.1
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_second_derivatives_are_those_of_single_layers(rng, unfused):
    model = convolutional()
    x = keras.ops.convert_to_tensor(rng.normal(size=(2, 9, 8, 2)).astype("float32"))

    def derivative_of_slope():
        with keras.GradientTape() as outer:
            with keras.GradientTape() as tape:
                tape.watch(x)
                y = keras.ops.sum(model(x, training=True) ** 2)
            slope = keras.ops.sum(tape.gradient(y, x) ** 2)
        return outer.gradient(slope, model.trainable_weights)

    together, apart = derivative_of_slope(), unfused(derivative_of_slope)
    for a, b in zip(together, apart, strict=True):
        assert np.linalg.norm(b) > 1
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(b).max())


def test_arguments_that_depend_on_each_other_are_told_apart(unfused):
    """`y = x · k + b`, with b made of k: the outer derivative must not count b's part twice."""
    x = keras.ops.convert_to_tensor(np.float32([[1.0, 2.0]]))
    kernel = keras.Variable(np.float32([[3.0], [-1.0]]))

    def curvature():
        with keras.GradientTape() as outer:
            with keras.GradientTape() as tape:
                y = keras.ops.sum(dense_layer(x, kernel, keras.ops.sum(kernel, axis=0) ** 2) ** 2)
            slope = keras.ops.sum(tape.gradient(y, kernel) ** 2)
        return outer.gradient(slope, kernel)

    np.testing.assert_allclose(curvature(), unfused(curvature), rtol=1e-6)


def test_nothing_of_it_shows_in_the_model(rng, tmp_path):
    model = convolutional()
    model(np.zeros((1, 9, 8, 2), "float32"), training=False)
    assert [type(layer).__name__ for layer in model.layers] == (
        "Conv2D MaxPooling2D Conv2D MaxPooling2D Flatten Dense".split()
    )
    assert len(model.weights) == 5
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    x = rng.normal(size=(3, 9, 8, 2)).astype("float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert len(model.layers[0]._outbound_nodes) == 1


def test_a_sum_of_whole_numbers_stays_one(unfused):
    one, other = (keras.Input((2, 2, 3), dtype="int32") for _ in range(2))
    model = keras.Model([one, other], layers.ReLU()(layers.Add()([one, other])))
    x = np.arange(-6, 6, dtype="int32").reshape(1, 2, 2, 3)
    expected = np.maximum(2**24 + 2 * x, 0)
    for y in (model([x, 2**24 + x]), unfused(lambda: model([x, 2**24 + x]))):
        assert y.dtype == "int32"
        np.testing.assert_array_equal(y, expected)


EDGES = np.array([-1.0, 0.0, 3.0, 6.0, 7.0], "float32")


def bounded_model(before):
    """A pair with ReLU(6) behind `before`, whose results are the inputs to it, and the inputs."""
    inputs = keras.Input((4, 4, 9))
    x = before(inputs)
    return keras.Model(inputs, layers.ReLU(6.0)(x))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (lambda x: layers.BatchNormalization(gamma_initializer=keras.initializers.Constant(6))(x),
         NormalizationThenReLU),
        (lambda x: layers.Add()([x, 2 * x]), AdditionThenReLU),
    ],
    ids=["normalization", "addition"],
)  # fmt: skip
def test_a_bounded_relu_is_fused(backend, before, kind, rng, unfused):
    x, cotangent = (4 * rng.normal(size=(3, 4, 4, 9)).astype("float32") for _ in range(2))
    model = bounded_model(before)
    assert kind in pairs_of(model)
    config.set_backend(backend)

    def everything():
        inputs = keras.Variable(x)
        with keras.GradientTape() as tape:
            y = model(inputs.value, training=True)
            total = keras.ops.sum(y * cotangent)
        return y, *tape.gradient(total, [inputs, *model.trainable_weights])

    try:
        found, expected = everything(), unfused(everything)
    finally:
        config.set_backend("numba")
    y = np.asarray(found[0])
    assert (y == 6).any() and (y == 0).any() and ((y > 0) & (y < 6)).any()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-4)


def slopes(layer, variable, tape, x):
    x = variable(x)
    with tape() as recorded:
        y = layer(x)
    return np.asarray(recorded.gradient(y, x))


@pytest.mark.parametrize("settings", [{}, {"max_value": 6.0}, {"max_value": 5.0}], ids=str)
@pytest.mark.parametrize("slope", [0.0, 0.25])
def test_the_slopes_of_relu_at_its_edges_are_those_of_keras(settings, slope):
    real = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    settings = {**settings, "negative_slope": slope}
    x = np.append(EDGES, 5).astype("float32")
    np.testing.assert_array_equal(
        slopes(layers.ReLU(**settings), keras.Variable, keras.GradientTape, x),
        slopes(real.layers.ReLU(**settings), tf.Variable, tf.GradientTape, x),
    )


def test_fused_slopes_of_relu6_at_its_edges():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(5, activation="relu6")])
    model.layers[0].kernel.assign(np.eye(5))
    bias = model.layers[0].bias
    bias.assign(EDGES)
    with keras.GradientTape() as tape:
        y = model(np.zeros((1, 5), "float32"))
    np.testing.assert_array_equal(y, [[0, 0, 3, 6, 6]])
    np.testing.assert_array_equal(tape.gradient(y, bias), [0, 0, 1, 0, 0])
