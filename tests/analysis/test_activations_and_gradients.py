"""Outputs and gradients of layers, compared with those that Keras's `GradientTape` finds."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import activations, gradients


def branched(keras):
    """A functional model with branches, a shared layer, a model inside and an operation."""
    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((6, 6, 4)),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="convolution"),
            layers.BatchNormalization(name="normalization"),
        ],
        name="inner",
    )
    inputs = keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 3, activation="tanh", name="first")(inputs)
    y = layers.Add(name="sum")([inner(x), x])
    shared = layers.Dense(5, activation="relu", name="shared")
    a = shared(layers.GlobalAveragePooling2D(name="mean")(y))
    b = shared(layers.GlobalMaxPooling2D(name="max")(y))
    outputs = layers.Dense(3, activation="softmax", name="classes")(a * b)
    return keras.Model(inputs, outputs)


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(3)
    return random.normal(size=(4, 8, 8, 2)).astype("float32"), np.array([0, 2, 1, 1])


@pytest.fixture(scope="module")
def pair():
    keras = pytest.importorskip("keras")
    models = branched(keras), branched(minicnn)
    random = np.random.default_rng(5)
    weights = [random.normal(scale=0.5, size=w.shape) for w in models[0].get_weights()]
    weights = [abs(w) if w.ndim == 1 else w for w in weights]  # variances among them
    for model in models:
        model.set_weights(weights)
        model.compile(loss="sparse_categorical_crossentropy")
    return models


@pytest.mark.keras
@pytest.mark.parametrize("training", [False, True])
def test_branched_model_against_keras(pair, data, training):
    import keras
    import tensorflow as tf

    (theirs, ours), (x, y) = pair, data
    names = ["first", "inner", "sum", "mean", "max", "shared", "shared#2"]
    tensors = [_output(theirs, name) for name in names]
    values = keras.Model(theirs.inputs, tensors)(x, training=training)
    found = activations(ours, x, training=training)
    for name, value in zip(names, values, strict=True):
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=2e-5, err_msg=name)
    ours_gradients = gradients(ours, x, y, training=training)
    with tf.GradientTape() as tape:
        outputs = keras.Model(theirs.inputs, [*tensors, theirs.outputs[0]])(x, training=training)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, outputs[-1]))
    expected = tape.gradient(loss, [*outputs[:-1], *(w.value for w in theirs.trainable_weights)])
    assert ours_gradients.loss == pytest.approx(float(loss), rel=1e-5)
    mine = [ours_gradients.outputs[n] for n in names] + list(ours_gradients.weights.values())
    labels = names + list(ours_gradients.weights)
    for name, a, b in zip(labels, mine, expected, strict=True):
        b = np.asarray(b)
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5 * max(1, abs(b).max()), err_msg=name)
        assert abs(b).max() > 1e-6, name


def _output(model, name):
    """The symbolic result of a layer's call in this model: `name#2` for the second."""
    name, _, number = name.partition("#")
    return model.get_layer(name)._inbound_nodes[int(number or 1) - 1].output_tensors[0]


class Block(minicnn.layers.Layer):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.first = minicnn.layers.Conv2D(2, 3, padding="same", name="first")
        self.second = minicnn.layers.Conv2D(2, 3, padding="same", name="second")

    def call(self, x):
        return minicnn.ops.relu(self.second(self.first(x)) + x)


class Net(minicnn.Model):
    def __init__(self):
        super().__init__()
        self.block, self.rest = Block(name="block"), minicnn.layers.Dropout(0.5, name="rest")
        self.head = minicnn.layers.Dense(3, name="head")

    def call(self, x, training=None):
        x = self.block(self.block(x))
        return self.head(minicnn.ops.mean(self.rest(x), axis=(1, 2)))


def test_subclassed_model_with_a_block_that_is_called_twice(data):
    x, y = data
    model = Net()
    model.compile(loss=minicnn.losses.SparseCategoricalCrossentropy(from_logits=True))
    found = activations(model, x)
    assert list(found) == [
        *("block/first", "block/second", "block"),
        *("block#2/first", "block#2/second", "block#2", "rest", "head"),
    ]
    # the block as a user would take it apart
    block = model.block
    np.testing.assert_array_equal(found["block"], block(x).numpy())
    np.testing.assert_array_equal(found["block#2/first"], block.first(block(x)).numpy())
    np.testing.assert_array_equal(found["head"], model(x).numpy())
    # the gradient to an output: that of the rest of the model
    result = gradients(model, x, y, training=False)
    middle = minicnn.ops.convert_to_tensor(found["block"])
    with minicnn.GradientTape() as tape:
        tape.watch(middle)
        loss = model.loss(y, model.head(minicnn.ops.mean(block(middle), axis=(1, 2))))
    expected = tape.gradient(loss, middle).numpy()
    assert abs(expected).max() > 1e-6
    np.testing.assert_allclose(result.outputs["block"], expected, rtol=1e-5)


def test_a_layer_that_does_nothing_has_a_gradient_of_its_own(data):
    """Its output is another tensor than its input, which is used a second time."""
    x = inputs = minicnn.Input((3,))
    x = minicnn.layers.Dense(2, name="dense")(x)
    x = x + 2 * minicnn.layers.Dropout(0.5, name="nothing")(x)
    model = minicnn.Model(inputs, x)
    model.compile(loss=lambda y, z: minicnn.ops.sum(z))
    found = gradients(model, np.ones((2, 3), "float32"), np.ones((2, 2)), training=False)
    np.testing.assert_allclose(found.outputs["nothing"], 2 * found.outputs["dense"] / 3)


def test_nothing_changes_in_the_model(data):
    x, y = data
    model = branched(minicnn)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    before = [v.numpy() for v in [*model.variables, *model.optimizer.variables]]
    metrics = [v.numpy() for m in model.metrics for v in m.variables]
    activations(model, x, training=True)
    gradients(model, x, y)
    after = [v.numpy() for v in [*model.variables, *model.optimizer.variables]]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(metrics, (v.numpy() for m in model.metrics for v in m.variables), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not any("call" in vars(x) for x in model._flatten_layers())


def test_layers_are_fused_after_it_as_before(data):
    """The graph notes which layers it fuses when it is first computed, or before."""
    for looked_at_first in (False, True):
        layers = minicnn.layers
        model = minicnn.Sequential(
            [
                minicnn.Input((8, 8, 2)),
                layers.Conv2D(4, 3, activation="relu"),
                layers.MaxPooling2D(name="max_pooling2d"),
            ]
        )
        if not looked_at_first:
            model(data[0])
        assert len(activations(model, data[0])) == 2
        y = model(data[0])
        assert len(model._functional._fused_nodes) == 2  # the input, and both layers in one
        np.testing.assert_allclose(y, activations(model, data[0])["max_pooling2d"], rtol=1e-5)


def test_layers_are_chosen_by_name_or_object(data):
    model = branched(minicnn)
    shared = model.get_layer("shared")
    assert list(activations(model, data[0], "shared")) == ["shared"]
    assert list(activations(model, data[0], shared)) == ["shared", "shared#2"]
    chosen = activations(model, data[0], ["mean", "inner/convolution"])
    assert list(chosen) == ["inner/convolution", "mean"]  # in the order of the calls


def test_masks_reach_the_layers_behind():
    layers = minicnn.layers
    inputs = minicnn.Input((3, 2))
    x = layers.Masking(name="mask")(inputs)
    x = layers.Dropout(0.5, name="nothing")(x)
    model = minicnn.Model(inputs, x)
    x = np.array([[[1, 1], [0, 0], [2, 2]]], "float32")
    activations(model, x)
    assert model(x)._keras_mask.numpy().tolist() == [[True, False, True]]


def test_errors(data):
    x, y = data
    model = branched(minicnn)
    with pytest.raises(ValueError, match="is not compiled"):
        gradients(model, x, y)
    model.compile(loss="sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="needs targets"):
        gradients(model, x, None)
    with pytest.raises(ValueError, match=r"The batch axis is missing: pass `x\[None\]`"):
        activations(model, x[0])
    with pytest.raises(ValueError, match=r"takes \(None, 8, 8, 2\). Resize or crop"):
        activations(model, x[:, :5])
    with pytest.raises(ValueError, match="Did you mean 'shared'"):
        activations(model, x, "sharde")
    with pytest.raises(TypeError, match="looks into a model"):
        activations("model", x)
    with pytest.raises(ValueError, match="`x` is None"):
        activations(model, None)


def test_a_model_that_the_first_batch_builds_takes_others_then(data):
    layers = minicnn.layers
    model = minicnn.Sequential([layers.Flatten(), layers.Dense(3, name="dense")])
    assert activations(model, data[0])["dense"].shape == (4, 3)
    assert activations(model, data[0][:1])["dense"].shape == (1, 3)
    assert activations(model, data[0][:0])["dense"].shape == (0, 3)
    assert str(activations(model, data[0][:0])).count("(0, 3)") == 1
    assert model.output_shape == (None, 3)


def test_whole_numbers_as_images(data):
    images = (255 * abs(data[0]).clip(0, 1)).astype("uint8")
    found = activations(branched(minicnn), images)
    assert found["first"].dtype == "float32"


def test_table_of_numbers_that_are_not_finite(data):
    x = data[0].copy()
    x[0, 0, 0, 0] = np.nan
    assert "Not finite in: first" in str(activations(branched(minicnn), x))


def test_activations_know_what_each_was_computed_from():
    inputs = minicnn.Input((8, 8, 1))
    x = minicnn.layers.Conv2D(2, 3, padding="same", name="a")(inputs)
    y = minicnn.layers.ReLU(name="b")(minicnn.layers.Conv2D(2, 3, padding="same", name="c")(inputs))
    z = minicnn.layers.Add(name="sum")([x, y])
    inner = minicnn.Sequential([minicnn.Input((8, 8, 2)), minicnn.layers.Flatten(name="flat")])
    model = minicnn.Model(inputs, minicnn.layers.Dense(2, name="d")(inner(z)))
    found = activations(model, np.ones((1, 8, 8, 1), "float32"))
    flat = f"{inner.name}/flat"
    assert found.sources == {
        "a": ["input"],
        "c": ["input"],
        "b": ["c"],
        "sum": ["a", "b"],
        flat: ["sum"],
        inner.name: ["sum"],
        "d": [flat],
    }
