"""Whole models in Keras's older `.h5` files: those that Keras writes, and those of Keras 2."""

import importlib.util
import json
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

import minicnn


def _module(name):
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models, made = _module("models"), _module("hostile_files/made")


def recurrent(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            layers.LSTM(5, return_sequences=True),
            layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum"),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)]),
        ]
    )


def two_inputs(keras):
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Add()([a, layers.Dense(4)(b)])
    return keras.Model([a, b], [layers.Dense(2, name="p")(x), layers.Dense(1, name="q")(x)])


def frozen_inside(keras):
    layers = keras.layers
    image = keras.Input((8, 8, 1))
    features = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.BatchNormalization()], name="features"
    )
    features.layers[0].trainable = False
    x = layers.Add()([features(layers.ReLU()(image)), features(image)])
    x = layers.GlobalAveragePooling2D()(x)
    head = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.BatchNormalization()])
    head.trainable = False
    return keras.Model(image, head(x))


def normalized(keras):
    layer = keras.layers.Normalization()
    layer.adapt(np.arange(12.0).reshape(3, 4))
    return keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(2)])


MAKERS = [models.convnet, models.words, models.mixed, recurrent, two_inputs, frozen_inside]


def data_for(model, rng):
    return [
        rng.integers(0, 11, (3, *x.shape[1:]))
        if str(x.dtype).startswith("int")
        else rng.normal(size=(3, *x.shape[1:])).astype("float32")
        for x in model.inputs
    ]


def flat(model, inputs):
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(x, "float64") for x in minicnn.tree.flatten(outputs)]


def assert_predicts_as(theirs, ours, tolerance=3e-6):
    rng = np.random.default_rng(0)
    inputs = data_for(theirs, rng)
    for expected, found in zip(flat(theirs, inputs), flat(ours, inputs), strict=True):
        assert np.ptp(expected) > 1e-3
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def with_other_weights(model, rng):
    """The model with weights that no initializer gives, all different and positive."""
    for weight in model.weights:
        if "int" not in str(weight.dtype):
            weight.assign(rng.uniform(0.1, 0.6, weight.shape))
    return model


def loaded(path, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not compiled
        return minicnn.saving.load_model(path, **arguments)


@pytest.mark.keras
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_file_of_keras_predicts_the_same(keras, make, tmp_path):
    model = with_other_weights(make(keras), np.random.default_rng(1))
    model.save(tmp_path / "m.h5")
    ours = loaded(tmp_path / "m.h5")
    assert [type(x).__name__ for x in ours.layers] == [type(x).__name__ for x in model.layers]
    assert_predicts_as(model, ours, 2e-3 if make is models.mixed else 3e-6)
    twin = with_other_weights(make(minicnn), np.random.default_rng(2))
    twin.load_weights(tmp_path / "m.h5")
    for a, b in zip(twin.weights, ours.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.keras
def test_what_was_adapted_is_used(keras, tmp_path):
    model = normalized(keras)
    model.save(tmp_path / "m.hdf5")
    assert_predicts_as(model, loaded(tmp_path / "m.hdf5"))


@pytest.mark.keras
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_compiled_model_trains_on(keras, optimizer, tmp_path):
    model = two_inputs(keras)
    loss = {"p": keras.losses.LogCosh(), "q": "mae"}
    metrics = {"p": [keras.metrics.MeanAbsoluteError(name="m")], "q": ["mse"]}
    model.compile(optimizer, loss, metrics=metrics, loss_weights={"p": 1.0, "q": 2.0})
    model.run_eagerly = True
    rng = np.random.default_rng(0)
    x = data_for(model, rng)
    y = {"p": rng.normal(size=(3, 2)), "q": rng.normal(size=(3, 1))}
    model.train_on_batch(x, y)
    model.save(tmp_path / "m.h5")
    ours = minicnn.saving.load_model(tmp_path / "m.h5")
    assert int(ours.optimizer.iterations) == 1
    model.reset_metrics()
    for _ in range(2):
        expected = model.train_on_batch(x, y, return_dict=True)
        found = ours.train_on_batch(x, y, return_dict=True)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5)
    assert_predicts_as(model, ours, 1e-5)
    assert not loaded(tmp_path / "m.h5", compile=False).compiled


def refused_models(keras):
    layers, x = keras.layers, keras.Input((4,))
    yield "Python lambda", keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x * 2)])
    yield "Only input tensors", keras.Model(x, layers.Dense(2)(x * 2.0))
    yield "GetItem", keras.Model(x, layers.Dense(2)(x[:, 1:]))


@pytest.mark.keras
@pytest.mark.parametrize("number", range(3))
def test_what_keras_refuses_is_refused(keras, number, tmp_path):
    message, model = list(refused_models(keras))[number]
    model.save(tmp_path / "m.h5")
    for library in (keras, minicnn):
        with pytest.raises((TypeError, ValueError), match=message) as refused:
            library.saving.load_model(tmp_path / "m.h5")
    if number:
        assert "operations such as `x + 3`" in refused.value.__notes__[-1]


@pytest.mark.keras
def test_classes_of_ones_own_are_passed_by_name(keras, tmp_path):
    theirs, _ = own_layers(keras), own_layers(minicnn)
    model = keras.Sequential([keras.Input((3,)), theirs(2), keras.layers.Dense(2)])
    model.save(tmp_path / "m.h5")
    with pytest.raises(TypeError, match="Could not locate class 'Scale'"):
        loaded(tmp_path / "m.h5")
    assert_predicts_as(model, loaded(tmp_path / "m.h5", custom_objects={"Scale": _}))


def own_layers(keras):
    class Scale(keras.layers.Layer):
        def __init__(self, groups, **kwargs):
            super().__init__(**kwargs)
            self.groups = groups

        def build(self, shape):
            self.scale = self.add_weight(shape=shape[-1:], initializer="random_normal")

        def call(self, x):
            return x * self.scale * self.groups

        def get_config(self):
            return {**super().get_config(), "groups": self.groups}

    return Scale


# --- Keras 2


def in_words_of_keras_2(x):
    """A config as Keras 2 wrote it: types as texts, shapes and axes by other names, short calls."""
    if isinstance(x, list):
        return [in_words_of_keras_2(item) for item in x]
    if not isinstance(x, dict):
        return x
    if x.get("class_name") == "DTypePolicy":
        return x["config"]["name"]
    x = {key: in_words_of_keras_2(value) for key, value in x.items()}
    config = x.get("config")
    if "class_name" in x and isinstance(config, dict):
        if "batch_shape" in config:
            config["batch_input_shape"] = config.pop("batch_shape")
        if x["class_name"] == "BatchNormalization":
            config["axis"] = [config["axis"]]
        if x["class_name"] == "LSTM":
            config |= {"time_major": False, "implementation": 2}
        if x["class_name"] == "DepthwiseConv2D":
            config["groups"] = 1
        models_inside = [
            layer["config"]["name"]
            for layer in config.get("layers", ())
            if layer["class_name"] in ("Functional", "Sequential")
        ]
        for layer in config.get("layers", ()):
            layer["inbound_nodes"] = [
                short_call(node, models_inside) for node in layer.get("inbound_nodes", ())
            ]
        if isinstance(outputs := config.get("output_layers"), list):
            outputs = [outputs] if isinstance(outputs[0], str) else outputs
            kinds = {layer["config"]["name"]: layer["class_name"] for layer in config["layers"]}
            config["output_layers"] = [
                [name, call + (kinds[name] == "Sequential"), i] for name, call, i in outputs
            ]
    return x


def short_call(node, models_inside):
    tensors = node["args"][0] if isinstance(node["args"][0], list) else node["args"]
    histories = [tensor["config"]["keras_history"] for tensor in tensors]
    return [[name, call + (name in models_inside), i, {}] for name, call, i in histories]


def inside(keras):
    layers = keras.layers
    x = keras.Input((4,))
    h = keras.Input((4,))
    functional = keras.Model(h, layers.BatchNormalization()(layers.Dense(4)(h)), name="f")
    row = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="tanh")], name="s")
    y = layers.Concatenate()([functional(x), functional(row(functional(x)))])
    return keras.Model(x, [row(layers.Dense(4)(y)), functional(x)])


def plain(keras):
    layers = keras.layers
    x = keras.Input((8, 9, 2))
    y = layers.BatchNormalization()(layers.Conv2D(3, 3)(x))
    y = layers.Add()([layers.ReLU(6.0)(y), layers.LeakyReLU(0.2)(y)])
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(y)))


@pytest.mark.parametrize("make", [plain, inside, recurrent, models.convnet, two_inputs])
def test_a_file_in_the_words_of_keras_2(make, tmp_path):
    model = with_other_weights(make(minicnn), np.random.default_rng(1))
    path = made.legacy(tmp_path / "m.h5", model)
    with h5py.File(path, "r+") as file:
        config = in_words_of_keras_2(json.loads(file.attrs["model_config"]))
        file.attrs["model_config"] = json.dumps(config)
    assert_predicts_as(model, loaded(path))


@pytest.mark.keras
def test_keras_reads_such_a_file_too(keras, tmp_path):
    model = with_other_weights(plain(minicnn), np.random.default_rng(1))
    path = made.legacy(tmp_path / "m.h5", model)
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        file.attrs["model_config"] = json.dumps(in_words_of_keras_2(json.loads(text)))
    assert_predicts_as(keras.saving.load_model(path), loaded(path))


KERAS_2_TRAINING = {
    "loss": {
        "class_name": "CategoricalCrossentropy",
        "config": {"reduction": "auto", "name": "c", "from_logits": True, "fn": "c"},
    },
    "metrics": [
        [
            {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "x"}},
            {
                "class_name": "MeanMetricWrapper",
                "config": {"name": "m", "fn": "mean_squared_error"},
            },
        ]
    ],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Custom>Adam",
        "config": {"name": "Adam", "learning_rate": 0.25, "jit_compile": False},
    },
}


def with_training(path, training):
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = training
    return path


def test_how_keras_2_compiled(tmp_path):
    path = made.legacy(tmp_path / "m.h5")
    model = loaded(with_training(path, json.dumps(KERAS_2_TRAINING)))
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.loss.get_config()["from_logits"] is True
    logs = model.evaluate(np.ones((2, 3)), np.eye(2), verbose=0, return_dict=True)
    assert set(logs) == {"loss", "accuracy", "mean_squared_error"}


def test_a_model_whose_settings_of_training_are_unknown_is_not_compiled(tmp_path):
    training = KERAS_2_TRAINING | {"optimizer_config": {"class_name": "Newton", "config": {}}}
    path = with_training(made.legacy(tmp_path / "m.h5"), json.dumps(training))
    with pytest.warns(UserWarning, match=r"not compiled, as training_config in .*Newton"):
        model = minicnn.saving.load_model(path)
    assert not model.compiled
    with pytest.raises(ValueError, match=r"training_config in .* is not JSON"):
        minicnn.saving.load_model(with_training(path, "{"))


# --- files that do not fit


def test_weights_that_do_not_fit_change_nothing(tmp_path):
    layers = minicnn.layers
    path = made.legacy(tmp_path / "m.h5")
    wrong = {
        "layer count": [layers.Dense(4)],
        "weight count": [layers.Dense(4), layers.Dense(2, use_bias=False)],
        "shape mismatch": [layers.Dense(4), layers.Dense(3)],
    }
    for message, inner in wrong.items():
        model = minicnn.Sequential([minicnn.Input((3,)), *inner])
        before = [w.numpy() for w in model.weights]
        with pytest.raises(ValueError, match=message):
            model.load_weights(path)
        for w, value in zip(model.weights, before, strict=True):
            np.testing.assert_array_equal(w.numpy(), value)


def test_many_names_are_split_over_attributes(tmp_path):
    model = with_other_weights(made.small(), np.random.default_rng(0))
    path = made.legacy(tmp_path / "m.h5", model)
    with h5py.File(path, "r+") as file:
        attributes = file["model_weights"].attrs
        names = np.array([name.encode() for name in attributes["layer_names"]])
        del attributes["layer_names"]
        for i, part in enumerate(np.array_split(names, 2)):
            attributes[f"layer_names{i}"] = part
    assert_predicts_as(model, loaded(path))
