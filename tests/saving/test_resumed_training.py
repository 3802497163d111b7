"""Training goes on to the same bits, however a model was written, read, copied or filled."""

import copy
import io
import pickle

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.autodiff import Variable
from minicnn.common import dtypes
from minicnn.trainers.all_or_nothing import state_variables

FLOAT32 = np.dtype("float32")


def images():
    generator = np.random.default_rng(3)
    x = generator.normal(size=(24, 7, 6, 2)).astype("float32")
    return x, generator.integers(0, 3, 24)


def convnet():
    return keras.Sequential(
        [
            keras.Input((7, 6, 2)),
            layers.Conv2D(5, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(2),
            layers.PReLU(),
            layers.Flatten(),
            layers.Dropout(0.2, seed=4),
            layers.Dense(3, activation="softmax", kernel_constraint="max_norm"),
        ]
    )


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, use_ema=True),
    "lion": lambda: keras.optimizers.Lion(0.01),
}


def trained(optimizer="adam"):
    keras.utils.set_random_seed(6)
    model = convnet()
    model.compile(OPTIMIZERS[optimizer](), "sparse_categorical_crossentropy", metrics=["accuracy"])
    go_on(model)
    return model


def go_on(model):
    model.fit(*images(), batch_size=4, shuffle=False, verbose=0)


def with_metadata(array):
    return array.astype(np.dtype(array.dtype.str, metadata={"made": "elsewhere"}))


def unpickled(array):
    return pickle.loads(pickle.dumps(array))


def swapped(array):
    return array.astype(array.dtype.newbyteorder())


STRANGE = {"metadata": with_metadata, "pickle": unpickled, "byte order": swapped}


def by_file(model, tmp_path):
    model.save(tmp_path / "model.keras")
    return keras.saving.load_model(tmp_path / "model.keras")


def by_weights_file(model, tmp_path):
    model.save_weights(tmp_path / "a.weights.h5")
    twin = trained()
    go_on(twin)
    twin.load_weights(tmp_path / "a.weights.h5")
    take_state(model, twin)
    return twin


def take_state(model, twin):
    """What a file of weights does not hold."""
    for one, other in zip(model.optimizer.variables, twin.optimizer.variables, strict=True):
        other.assign(one.numpy())


def take_seeds(model, twin):
    """What no file holds, as in Keras."""
    for one, other in zip(model.layers, twin.layers, strict=True):
        if isinstance(one, layers.Dropout):
            other.seed_generator.state.assign(swapped(one.seed_generator.state.numpy()))


def by_set_weights(kind):
    def filled(model, _):
        twin = trained()
        go_on(twin)
        twin.set_weights([STRANGE[kind](w) for w in model.get_weights()])
        twin.optimizer.set_weights([STRANGE[kind](v.numpy()) for v in model.optimizer.variables])
        return twin

    return filled


def by_clone(model, _):
    twin = keras.models.clone_model(model)
    twin.compile(
        type(model.optimizer).from_config(model.optimizer.get_config()),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    go_on(twin)
    twin.set_weights(model.get_weights())
    take_state(model, twin)
    return twin


WAYS = {
    "keras file": by_file,
    "weights file": by_weights_file,
    "clone": by_clone,
    "deep copy": lambda model, _: copy.deepcopy(model),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    **{f"set_weights, {kind}": by_set_weights(kind) for kind in STRANGE},
}


def assert_the_same_after_more_training(model, twin):
    take_seeds(model, twin)
    for each in (model, twin):
        go_on(each)
    pairs = zip(state_variables(model), state_variables(twin), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)


@pytest.mark.parametrize("way", WAYS)
def test_a_model_goes_on_to_the_same_bits(way, backend, tmp_path):
    model = trained()
    twin = WAYS[way](model, tmp_path)
    assert twin is not model
    assert all(v.value.array.dtype.metadata is None for v in state_variables(twin))
    assert_the_same_after_more_training(model, twin)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adam"])
def test_every_optimizer_goes_on_to_the_same_bits(optimizer, tmp_path):
    model = trained(optimizer)
    assert_the_same_after_more_training(model, by_file(model, tmp_path))


@pytest.mark.parametrize("kind", STRANGE)
def test_data_of_a_strange_type_are_like_any_other(kind, backend):
    models = trained(), trained()
    x, y = images()
    data = (x, y), (STRANGE[kind](x), STRANGE[kind](y))
    for model, (x, y) in zip(models, data, strict=True):
        model.fit(x, y, batch_size=4, verbose=0, shuffle=False)
        model.fit(((x[i : i + 4], y[i : i + 4]) for i in range(0, 24, 4)), verbose=0)
        model.train_on_batch(x[:5], y[:5])
    for one, other in zip(*map(state_variables, models), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
    results = [
        (
            model.predict(x, batch_size=5, verbose=0),
            model.predict_on_batch(x[:3]),
            model(x[:3]).numpy(),
            model.evaluate(x, y, verbose=0),
        )
        for model, (x, y) in zip(models, data, strict=True)
    ]
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool", "bfloat16"])
def test_wherever_an_array_enters_its_type_is_numpys_own(kind, dtype):
    if dtype == "bfloat16" and kind != "pickle":
        pytest.skip("a type that NumPy does not know has one form only")
    own = dtypes.numpy_dtype(dtype)
    array = STRANGE[kind](np.ones((3, 8)).astype(own))
    variable = keras.Variable(np.zeros((3, 8), own))
    variable.assign(array)
    entered = [
        variable,
        keras.Variable(array),
        keras.Variable(lambda shape, dtype: array, shape=(3, 8), dtype=dtype),
        keras.ops.convert_to_tensor(array),
        keras.ops.convert_to_tensor(array, dtype=dtype),
        keras.ops.array(array),
        keras.ops.reshape(array, (8, 3)),
        pickle.loads(pickle.dumps(keras.ops.convert_to_tensor(array))),
        pickle.loads(pickle.dumps(variable)),
        copy.deepcopy(variable),
    ]
    for x in entered:
        x = x.value if isinstance(x, Variable) else x
        assert id(x.array.dtype) == id(own)
        assert x.numpy().all()


def test_arrays_of_a_file_are_computed_with_by_the_same_kernels(tmp_path, monkeypatch):
    """h5py's types are equal to NumPy's, and not always the same objects."""
    from minicnn.backend.numba import optimizers

    model = by_file(trained(), tmp_path)
    taken = []
    fits = optimizers._fits_vectors
    monkeypatch.setattr(
        optimizers, "_fits_vectors", lambda arrays: taken.append(fits(arrays)) or taken[-1]
    )
    keras.config.set_backend("numba")
    go_on(model)
    assert all(taken)
    assert taken


def test_a_variable_from_pickle_is_trained():
    variable = pickle.loads(pickle.dumps(keras.Variable([1.0, 2.0])))
    with keras.GradientTape() as tape:
        y = variable * variable
    np.testing.assert_array_equal(tape.gradient(y, variable), [2.0, 4.0])


def test_data_of_h5py_are_like_any_other():
    import h5py

    x, y = images()
    file = h5py.File(io.BytesIO(), "w")
    file["x"], file["y"] = x, y.astype(">i4")
    models = trained(), trained()
    models[0].fit(x, y, batch_size=4, shuffle=False, verbose=0)
    models[1].fit(np.array(file["x"]), file["y"][()], batch_size=4, shuffle=False, verbose=0)
    for one, other in zip(*map(state_variables, models), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
