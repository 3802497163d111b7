"""`load_weights` of Keras's older `.h5` files, by order and by name, into other models."""

import warnings

import numpy as np
import pytest

import minicnn

h5py = pytest.importorskip("h5py")

SOURCE = [("conv", 2), ("norm", None), ("a", 3), ("b", 4)]
TARGETS = {
    "same": SOURCE,
    "renamed": [("conv", 2), ("norm", None), ("other", 3), ("b", 4)],
    "reordered": [("conv", 2), ("norm", None), ("b", 3), ("a", 4)],
    "wider": [("conv", 2), ("norm", None), ("a", 5), ("b", 4)],
    "without bias": [("conv", 2), ("norm", None), ("a", -3), ("b", 4)],
    "shorter": [("conv", 2), ("b", 4)],
    "longer": [*SOURCE, ("c", 2)],
    "all others": [("x", 2), ("y", 3)],
    "inside": [*SOURCE[:3], [("b", 4)]],
    "inside, wider": [("conv", 2), ("norm", None), ("a", 3), [("b", 5)]],
}


def model(keras, parts, inputs=(3, 3, 2)):
    return keras.Sequential([keras.Input(inputs), *(layer(keras, part) for part in parts)])


def layer(keras, part):
    """A layer by its name and width: negative without a bias; a list is a model inside."""
    if isinstance(part, list):
        inner = model(keras, part, (2, 2, 3))
        inner.name = "inside"
        return inner
    name, width = part
    if width is None:
        return keras.layers.BatchNormalization(name=name)
    if name == "conv":
        return keras.layers.Conv2D(width, 2, name=name)
    return keras.layers.Dense(abs(width), name=name, use_bias=width > 0)


def own(keras, width):
    """A model with a weight of its own."""

    class Scaled(keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(width,), name="scale")
            self.dense = keras.layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(x) * keras.ops.sum(self.scale)

    made = Scaled()
    made(np.ones((1, 3), "float32"))
    return made


def numbered(model, start):
    """The model with another number in each weight."""
    for i, weight in enumerate(model.weights):
        weight.assign(np.full(weight.shape, start + i))
    return model


def loaded(model, path, arguments):
    """The first number of each weight after loading (None after an error), and the warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            model.load_weights(path, **arguments)
        except ValueError:
            return None, 0
    skipped = [str(w.message) for w in found if "kip" in str(w.message)]
    return [float(np.ravel(np.asarray(w))[0]) for w in model.weights], len(skipped)


def weights_alone(path):
    """The same file without a model."""
    alone = path.with_name("alone.h5")
    with h5py.File(path) as old, h5py.File(alone, "w") as new:
        for name in old["model_weights"]:
            old.copy(f"model_weights/{name}", new)
        for name, value in old["model_weights"].attrs.items():
            new.attrs[name] = value
    return alone


@pytest.mark.keras
@pytest.mark.parametrize("name", TARGETS)
def test_the_same_weights_are_read_as_by_keras(keras, name, tmp_path):
    path = tmp_path / "m.h5"
    numbered(model(keras, SOURCE), 100).save(path)
    makers = [lambda keras=keras: model(keras, TARGETS[name]) for keras in (keras, minicnn)]
    _assert_same(makers, path)


@pytest.mark.keras
@pytest.mark.parametrize("width", [2, 3])
def test_weights_of_the_model_itself(keras, width, tmp_path):
    legacy = pytest.importorskip("keras.src.legacy.saving.legacy_h5_format")
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        legacy.save_weights_to_hdf5_group(
            file.create_group("model_weights"), numbered(own(keras, 2), 100)
        )
    _assert_same([lambda keras=keras: own(keras, width) for keras in (keras, minicnn)], path)


def _assert_same(makers, path):
    for file in (path, weights_alone(path)):
        for by_name in (None, False, True):
            for skip in (False, True):
                arguments = {"skip_mismatch": skip}
                if by_name is not None:
                    arguments["by_name"] = by_name
                models = [numbered(make(), 1) for make in makers]
                expected, found = (loaded(model, file, arguments) for model in models)
                assert found == expected, arguments
                if found[0] is None:  # all weights are as before
                    before = range(1, 1 + len(models[1].weights))
                    assert [float(np.ravel(w.numpy())[0]) for w in models[1].weights] == [*before]


def test_a_warning_names_the_layer_and_what_was_expected(tmp_path):
    source = numbered(model(minicnn, SOURCE), 100)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in source.layers]
        for layer in source.layers:
            group = file.create_group(layer.name)
            weights = layer.trainable_weights + layer.non_trainable_weights
            group.attrs["weight_names"] = [weight.name for weight in weights]
            for weight in weights:
                group[weight.name] = weight.numpy()
    target = numbered(model(minicnn, TARGETS["wider"]), 1)
    with pytest.warns(
        UserWarning, match="shape mismatch in the layer 'a' for weight '.*a/kernel'"
    ) as warned:
        target.load_weights(tmp_path / "m.h5", by_name=True, skip_mismatch=True)
    assert warned[0].filename == __file__
    with pytest.raises(ValueError, match=r"shape mismatch in the layer 'a'.*expected \(2, 5\)"):
        target.load_weights(tmp_path / "m.h5", by_name=True)
    target = numbered(model(minicnn, TARGETS["without bias"]), 1)
    with pytest.warns(UserWarning, match="weight count mismatch for the layer 'a': expected 1"):
        target.load_weights(tmp_path / "m.h5", by_name=True, skip_mismatch=True)
    assert float(target.layers[3].bias.numpy()[0]) == 109
