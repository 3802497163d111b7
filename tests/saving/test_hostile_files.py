"""What a file may cost is bounded by its size and by what the model in it needs: 2 s, 1 GB.

`hostile_files/made.py` has the files that were made by hand, `hostile_files/run.py` changes files
at random, by the thousand; here is a sample of a few dozen.
"""

import importlib.util
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.autodiff.pending_variable import PendingVariable, first_values_when_read

FOLDER = Path(__file__).with_name("hostile_files")


def _module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = sys.modules.setdefault(name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


judge, made, mutants = _module("judge"), _module("made"), _module("mutants")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork and /proc")

# What is no fault of the file, or lies where nobody looks; all else must be refused.
LOADED = {"a_large_attribute", "deep_groups", "long_layer_name", "backwards", "called_often"}
# HDF5 outside of archives, and configs inside: `run.py` takes the others, too.
SAMPLE = [
    name
    for name in made.FILES
    if f"{name.partition('.')[0]}.weights.h5" not in made.FILES or not name.endswith(".keras")
    if f"{name.partition('.')[0]}.json" not in made.FILES or not name.endswith(".json")
]


@pytest.mark.parametrize("name", SAMPLE)
def test_files_made_to_cost_much(name, tmp_path):
    path = made.FILES[name](tmp_path)
    model = made.small() if name.endswith(".weights.h5") else None
    outcome = judge.judged(path, model)
    assert not outcome.fault, (outcome.fault, outcome.error, outcome.message)
    assert (outcome.error is None) == (name.partition(".")[0] in LOADED), outcome.message


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5", ".json"])
def test_files_changed_at_random(suffix, tmp_path):
    model = made.small()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    path = tmp_path / f"m{suffix}"
    if suffix == ".json":
        path.write_text(model.to_json())
    elif suffix == ".h5":
        made.legacy(path, model)
    else:
        (model.save if suffix == ".keras" else model.save_weights)(path)
    content, refused = path.read_bytes(), 0
    for seed in range(10):
        path.write_bytes(mutants.CHANGES[suffix](content, random.Random(seed)))
        outcome = judge.judged(path, model if suffix == ".weights.h5" else None)
        assert not outcome.fault, (seed, outcome.fault, outcome.error, outcome.message)
        refused += outcome.error is not None
    assert refused > 2


def test_a_layer_that_only_keras_has_is_called_so(keras, tmp_path):
    model = keras.Sequential(
        [keras.Input((400, 1)), keras.layers.STFTSpectrogram("log", 64, 32, 64)]
    )
    model.save(tmp_path / "m.keras")
    import minicnn

    with pytest.raises(TypeError) as caught:
        minicnn.saving.load_model(tmp_path / "m.keras")
    text = str(caught.value)
    assert "STFTSpectrogram in `keras.layers` is a layer of Keras that minicnn does not" in text
    assert "The nearest here is minicnn.ops.stft." in text


@pytest.mark.parametrize("inner", [None, "keras.src.{}.some_file", "keras.{}"])
def test_each_class_of_keras_is_here_or_named_as_missing(inner):
    from minicnn.common.keras_names import keras_names
    from minicnn.saving import deserialize_keras_object
    from minicnn.serialization import public_names

    modules = "layers losses metrics optimizers optimizers.schedules regularizers constraints"
    missing, found = 0, 0
    for module in modules.split():
        for name in sorted(keras_names()[module]):
            if public_names.find_class(f"keras.{module}", name) is not None:
                found += 1
                continue
            if not name[0].isupper() or name == "Input":  # a function
                continue
            missing += 1
            config = {"class_name": name, "config": {}, "registered_name": None}
            config["module"] = inner and inner.format(module)
            kind = "class" if module in ("regularizers", "constraints") else module[:4]
            with pytest.raises(TypeError, match=f"^{name}.* is an? {kind}.* of Keras that minicnn"):
                deserialize_keras_object(config)
    assert found > 150
    assert missing


def test_a_class_that_is_here_is_not_called_missing():
    from minicnn.saving import deserialize_keras_object

    for module in (None, "keras.losses"):
        with pytest.raises(TypeError, match=r"Keras's is in `keras.layers`"):
            deserialize_keras_object({"class_name": "Dense", "config": {}, "module": module})


def test_large_and_long_models_load(tmp_path):
    long = keras.Sequential([keras.Input((2,)), *(layers.Dense(2) for _ in range(300))])
    assert len(keras.models.model_from_json(long.to_json()).layers) == 300
    wide = keras.Sequential([keras.Input((1000,)), layers.Dense(20_000)])
    assert keras.models.model_from_json(wide.to_json()).count_params() == 20_020_000


@pytest.mark.parametrize("seed", [3, None])
def test_a_config_gives_the_weights_that_its_initializers_give(seed):
    initializer = keras.initializers.HeNormal(seed=seed)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, kernel_initializer=initializer)])
    twin = keras.models.model_from_json(model.to_json())
    same = np.array_equal(twin.weights[0].numpy(), model.weights[0].numpy())
    assert same == (seed is not None)
    assert np.std(twin.weights[0].numpy()) > 0.1
    assert not any(isinstance(w, PendingVariable) for w in twin.weights)


def test_a_pending_variable_is_like_any_other():
    initializer = keras.initializers.RandomNormal(seed=1)
    expected = np.asarray(initializer((3, 2), "float32"))
    with first_values_when_read(100, "a test"):
        read = keras.Variable(initializer, shape=(3, 2))
        given = keras.Variable(initializer, shape=(3, 2), trainable=False)
        left = keras.Variable(initializer, shape=(3, 2), dtype="float16")
        for variable in (read, given, left):
            assert type(variable) is PendingVariable
            assert (variable.shape, variable.ndim, variable.size) == ((3, 2), 2, 6)
        assert (read.dtype, left.dtype) == ("float32", "float16")
        np.testing.assert_array_equal(read.numpy(), expected)
        with pytest.raises(ValueError, match="must match"):
            given.assign(np.ones(3))
        assert type(given) is PendingVariable
        given.assign(np.ones((3, 2)))
        assert type(read) is type(given) is keras.Variable
    assert type(left) is keras.Variable
    np.testing.assert_array_equal(left.numpy(), np.asarray(initializer((3, 2), "float16")))
    np.testing.assert_array_equal(given.numpy(), 1)
    with pytest.raises(ValueError, match=r"'x' describes a weight .* has no values"):  # noqa: SIM117
        with first_values_when_read(100, "'x'"):
            keras.Variable(initializer, shape=(1 << 20, 1 << 20))


def test_initializers_of_ones_own_are_called_at_once():
    class Counting(keras.initializers.Initializer):
        calls = 0

        def __call__(self, shape, dtype=None):
            Counting.calls += 1
            return keras.ops.ones(shape, dtype)

    with first_values_when_read(100, "a test"):
        keras.Variable(Counting(), shape=(2,))
        assert Counting.calls == 1
        with pytest.raises(ValueError, match="has no values"):
            keras.Variable(Counting(), shape=(1000,))


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_calls_are_made_in_any_order(order, rng):
    inputs = keras.Input((4,))
    shared, x, y = layers.Dense(4, name="shared"), inputs, None
    for i in range(20):
        y, x = x, shared(layers.Dense(4, name=f"d{i}")(x))
        x = layers.Add()([x, y])
    model = keras.Model(inputs, x)
    config = model.get_config()
    if order == "backwards":
        config["layers"].reverse()
    elif order == "shuffled":
        rng.shuffle(config["layers"])
    twin = keras.Model.from_config(json.loads(json.dumps(config)))
    for w in twin.weights:
        w.assign(next(v for v in model.weights if v.path == w.path))
    data = rng.normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(np.asarray(twin(data)), np.asarray(model(data)))


@pytest.mark.parametrize("value", [None, -1, 10**30, float("inf"), "zzz", [[]], {"a": 1}, [1, [2]]])
@pytest.mark.parametrize(
    "thing",
    [
        *(layers.Dense(2), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Dropout(0.5)),
        *(layers.Embedding(3, 2), layers.Reshape((2,)), layers.RandomFlip(), keras.losses.Huber()),
        *(keras.metrics.AUC(), keras.metrics.MeanIoU(2), keras.optimizers.Adam()),
        *(keras.initializers.Orthogonal(), keras.regularizers.L2(), layers.InputSpec(axes={1: 2})),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_values_of_wrong_kinds_lead_to_one_clear_error(thing, value):
    config, refused = thing.get_config(), 0
    for key in config:
        try:
            type(thing).from_config({**config, key: value})
        except (ValueError, TypeError) as error:
            refused += 1
            assert len(str(error)) > 40, (key, str(error))
            assert "unhashable" not in str(error), (key, str(error))
    assert refused or value in (None, "zzz") or value == {"a": 1} or len(config) < 3
