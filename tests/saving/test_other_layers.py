"""Files with layers that the model, or the library, does not have where the file looks for them."""

import warnings

import h5py
import numpy as np
import pytest

import minicnn
from minicnn import layers
from minicnn.saving import deserialize_keras_object


def warnings_of(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [str(each.message) for each in caught if "layers that the model" in str(each.message)]


def of_layers(*more, name="inner"):
    inputs = minicnn.Input((4,))
    x = layers.Dropout(0.1)(layers.Dense(3)(inputs))
    for layer in more:
        x = layer(x)
    return minicnn.Model(inputs, x, name=name)


class Net(minicnn.Model):
    def __init__(self, more=False):
        super().__init__()
        self.first, self.rest = layers.Dense(3), [layers.Dropout(0.1)]
        self.counter = minicnn.metrics.Mean()
        if more:
            self.second = layers.Dense(2)

    def call(self, x):
        x = self.rest[0](self.first(x))
        return self.second(x) if hasattr(self, "second") else x


def built(model):
    model(np.ones((2, 4), "float32"))
    return model


PAIRS = {
    "drawn": (lambda: of_layers(layers.Dense(2), layers.Dense(5)), of_layers, "layers/dense_1"),
    "listed": (
        lambda: minicnn.Sequential([minicnn.Input((4,)), layers.Dense(3), layers.Dense(2)]),
        lambda: minicnn.Sequential([minicnn.Input((4,)), layers.Dense(3)]),
        "layers/dense_1",
    ),
    "nested": (
        lambda: minicnn.Sequential([minicnn.Input((4,)), of_layers(layers.Dense(2))]),
        lambda: minicnn.Sequential([minicnn.Input((4,)), of_layers()]),
        "layers/functional/layers/dense_1",
    ),
    "own": (lambda: built(Net(more=True)), lambda: built(Net()), "layers/dense_1"),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
@pytest.mark.parametrize("skip_mismatch", [False, True])
def test_layers_that_a_file_has_besides_are_named(name, suffix, skip_mismatch, tmp_path):
    make, make_smaller, path = PAIRS[name]
    file = tmp_path / f"m{suffix}"
    larger, smaller = make(), make_smaller()
    (larger.save if suffix == ".keras" else larger.save_weights)(file)
    found = warnings_of(lambda: smaller.load_weights(file, skip_mismatch=skip_mismatch))
    assert len(found) == 1 and f"'{path}'" in found[0] and file.name in found[0]
    for mine, theirs in zip(smaller.weights, larger.weights, strict=False):
        np.testing.assert_array_equal(mine, theirs)
    assert warnings_of(lambda: make().load_weights(file)) == []


def everything(k):
    inputs = k.Input((8, 8, 3))
    x = k.layers.BatchNormalization()(k.layers.Conv2D(4, 3)(k.layers.RandomFlip()(inputs)))
    inner = k.Input((6, 6, 4))
    x = k.Model(inner, k.layers.Dense(3)(k.layers.Dropout(0.1)(inner)))(x)
    x = k.Sequential([k.layers.Dense(2), k.layers.GaussianNoise(0.1)])(x)
    model = k.Model(inputs, k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(x)))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 8, 8, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return model


def test_optimizers_and_generators_are_no_layers(keras, tmp_path):
    for k in (keras, minicnn):
        model = everything(k)
        model.save(tmp_path / "m.keras")
        model.save_weights(tmp_path / "m.weights.h5")

        def load():
            again = minicnn.saving.load_model(tmp_path / "m.keras", compile=False)
            again.load_weights(tmp_path / "m.weights.h5")

        assert warnings_of(load) == []


def test_a_file_of_many_names_is_not_searched_for_ever(tmp_path):
    model = PAIRS["listed"][1]()
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        file["layers/again"] = file["layers"]  # contains itself
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")
    warnings_of(lambda: model.load_weights(tmp_path / "m.weights.h5"))


@pytest.mark.parametrize("name", ["Model", "Sequential"])
def test_models_are_public_in_two_modules(name):
    config = {"name": "m", "layers": []} if name == "Sequential" else {"name": "m"}
    for module in ("keras", "keras.models"):
        made = deserialize_keras_object({"class_name": name, "module": module, "config": config})
        assert type(made) is getattr(minicnn, name)


@pytest.mark.parametrize("module", ["keras.layers", "foo", None, "tensorflow.keras.models"])
@pytest.mark.parametrize("name", ["Sequential", "Dense", "Adam"])
def test_a_known_class_in_an_unknown_place(name, module):
    if (name, module) == ("Dense", "keras.layers"):
        return
    place = {"Sequential": "keras", "Dense": "keras.layers", "Adam": "keras.optimizers"}[name]
    with pytest.raises(TypeError) as caught:
        deserialize_keras_object({"class_name": name, "module": module, "config": {}})
    message = str(caught.value)
    assert "Did you mean" not in message
    assert f"Keras's is in `{place}`" in message and str(module) in message
    assert "register_keras_serializable" in message
