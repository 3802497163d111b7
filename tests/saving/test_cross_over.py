"""Files that minicnn writes and Keras opens, and the other way around."""

import importlib.util
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import minicnn

_spec = importlib.util.spec_from_file_location("models", Path(__file__).with_name("models.py"))
models = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(models)

OPTIMIZERS = {
    "sgd": lambda keras: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adam": lambda keras: keras.optimizers.Adam(0.01, amsgrad=True, clipnorm=1.0),
    "adamw": lambda keras: keras.optimizers.AdamW(
        keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9), weight_decay=0.01
    ),
    "rmsprop": lambda keras: keras.optimizers.RMSprop(0.01, centered=True, use_ema=True),
}


def compiled(keras, name, optimizer="adam"):
    model = models.MODELS[name](keras)
    metrics = {"y": ["mae"]} if name == "branches" else ["mae"]
    model.compile(OPTIMIZERS[optimizer](keras), "mse", metrics=metrics)
    return model


def predictions(model, batch):
    return [np.asarray(x) for x in minicnn.tree.flatten(model(batch, training=False))]


def train(model, batch, steps=1):
    model.run_eagerly = True  # TensorFlow would take seconds to trace a graph
    targets = minicnn.tree.map_structure(
        lambda y: np.linspace(0, 1, np.size(y), dtype="float32").reshape(np.shape(y)),
        model(batch, training=False),
    )
    return [model.train_on_batch(batch, targets) for _ in range(steps)]


def config_in(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def layout(path):
    """The paths, shapes, types and attributes in the weights."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))

    def visit(name, item):
        shape = (item.shape, item.dtype.str) if isinstance(item, h5py.Dataset) else None
        found[name] = (shape, dict(item.attrs))

    with h5py.File(content) as file:
        file.visititems(visit)
    return found


def settings(config, path=""):
    """All entries with their paths, without ids, which are addresses."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key not in ("shared_object_id", "jit_compile", "optional"):
                yield from settings(value, f"{path}.{key}")
    elif isinstance(config, list):
        yield f"{path}.length", len(config)
        for i, value in enumerate(config):
            yield from settings(value, f"{path}[{i}]")
    else:
        yield path, config


@pytest.mark.parametrize("name", models.MODELS)
def test_the_files_are_alike(keras, name, rng, tmp_path):
    paths = []
    for library in (minicnn, keras):
        library.utils.clear_session()
        model = compiled(library, name)
        train(model, models.inputs_for(model, rng))
        paths.append(tmp_path / f"{library.__name__}.keras")
        model.save(paths[-1])
    assert layout(paths[0]) == layout(paths[1])
    ours, theirs = (dict(settings(config_in(path))) for path in paths)
    differing = [key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)]
    assert [key for key in differing if key in theirs and theirs[key] is not None] == []
    assert all(".build_config" in key for key in differing if key not in theirs)
    with zipfile.ZipFile(paths[0]) as ours, zipfile.ZipFile(paths[1]) as theirs:
        assert ours.namelist() == theirs.namelist()


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        *((name, "adam") for name in models.MODELS),
        *(("branches", name) for name in OPTIMIZERS if name != "adam"),
    ],
)
@pytest.mark.parametrize("direction", ["to Keras", "from Keras"])
def test_crossing_over(keras, name, optimizer, direction, rng, tmp_path):
    writer, reader = (minicnn, keras) if direction == "to Keras" else (keras, minicnn)
    model = compiled(writer, name, optimizer)
    batch = models.inputs_for(model, rng)
    train(model, batch, steps=3)
    model.save(tmp_path / "model.keras")
    twin = reader.saving.load_model(tmp_path / "model.keras")

    tolerance = {"rtol": 2e-5, "atol": 2e-6} if name != "mixed" else {"rtol": 5e-3, "atol": 5e-3}
    pairs = zip(predictions(model, batch), predictions(twin, batch), strict=True)
    for ours, theirs in pairs:
        assert np.ptp(ours) > 0
        np.testing.assert_allclose(ours, theirs, **tolerance)
    for before, after in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(before.value), np.asarray(after.value))
    states = model.optimizer.variables, twin.optimizer.variables
    assert len(states[0]) > 2
    for before, after in zip(*states, strict=True):
        np.testing.assert_array_equal(np.asarray(before.value), np.asarray(after.value))
    assert int(np.asarray(twin.optimizer.iterations.value)) == 3

    if name != "convnet":  # its dropout draws from another generator
        losses = train(model, batch)[0], train(twin, batch)[0]
        np.testing.assert_allclose(*losses, rtol=1e-4 if name != "mixed" else 2e-2)


@pytest.mark.parametrize("direction", ["to Keras", "from Keras"])
def test_models_of_one_s_own(keras, direction, rng, tmp_path):
    writer, reader = (minicnn, keras) if direction == "to Keras" else (keras, minicnn)
    (model, _), (_, custom_objects) = models.subclassed(writer), models.subclassed(reader)
    model.compile("adam", "mse", run_eagerly=True)
    x = rng.normal(size=(4, 3)).astype("float32")
    model.train_on_batch(x, np.ones((4, 2), "float32"))
    path = tmp_path / "own.keras"
    model.save(path)
    twin = reader.saving.load_model(path, custom_objects=custom_objects)
    assert twin.width == 3
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(twin(x)), rtol=1e-5, atol=1e-6)
    weights = tmp_path / "own.weights.h5"
    model.save_weights(weights)
    other, _ = models.subclassed(reader)
    assert not np.allclose(np.asarray(other(x)), np.asarray(model(x)))
    other.load_weights(weights)
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(other(x)), rtol=1e-5, atol=1e-6)


def test_the_layout_of_models_of_one_s_own(keras, tmp_path):
    layouts = []
    for library in (minicnn, keras):
        library.utils.clear_session()
        model, _ = models.subclassed(library)
        model.compile("adam", "mse", run_eagerly=True)
        model.train_on_batch(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"))
        path = tmp_path / f"{library.__name__}.keras"
        model.save(path)
        layouts.append(layout(path))
    assert layouts[0] == layouts[1]


@pytest.mark.parametrize("name", models.MODELS)
@pytest.mark.parametrize("direction", ["to Keras", "from Keras"])
def test_weights_alone(keras, name, direction, rng, tmp_path):
    writer, reader = (minicnn, keras) if direction == "to Keras" else (keras, minicnn)
    model, twin = models.MODELS[name](writer), models.MODELS[name](reader)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 1.0, size=weight.shape))
    model.save_weights(tmp_path / "w.weights.h5")
    twin.load_weights(tmp_path / "w.weights.h5")
    for before, after in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(before.value), np.asarray(after.value))


def test_uncompiled_and_unbuilt(keras, tmp_path):
    model = minicnn.Sequential([minicnn.layers.Dense(3)], name="later")
    with pytest.warns(UserWarning, match="not yet been built"):
        model.save(tmp_path / "m.keras")
    for library in (keras, minicnn):
        twin = library.saving.load_model(tmp_path / "m.keras")
        assert not twin.built
        assert twin(np.ones((2, 4), "float32")).shape == (2, 3)
