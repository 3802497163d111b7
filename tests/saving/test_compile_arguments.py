"""Every argument of `compile` comes back from a file, also from one of the other library."""

import inspect
import json
import zipfile

import numpy as np
import pytest

import minicnn

NOT_IN_FILES = {"self", "auto_scale_loss"}  # Keras does not write the last one either
RNG = np.random.default_rng(5)
X = RNG.normal(size=(7, 3)).astype("float32")
TARGETS = {"a": RNG.normal(size=(7, 2)).astype("float32"), "b": RNG.integers(0, 3, (7, 1))}
WEIGHTS = RNG.uniform(0.2, 2, 7).astype("float32")
SPARSE = "sparse_categorical_crossentropy"


def two_outputs(k, **compiled):
    x = k.Input((3,))
    a = k.layers.Dense(2, name="a")(x)
    b = k.layers.Dense(3, activation="softmax", name="b")(x)
    model = k.Model(x, {"a": a, "b": b})
    rng = np.random.default_rng(9)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(**{"optimizer": "sgd", "loss": {"a": "mse", "b": SPARSE}, **compiled})
    return model


CASES = {
    "optimizer": lambda k: {"optimizer": k.optimizers.RMSprop(0.03, rho=0.7, momentum=0.4)},
    "optimizer by name": lambda k: {"optimizer": "adamax"},
    "loss": lambda k: {"loss": {"a": k.losses.MeanAbsoluteError(reduction="sum"), "b": SPARSE}},
    "loss of one output": lambda k: {"loss": {"a": "mae"}},
    "loss_weights": lambda k: {"loss_weights": {"a": 0.25, "b": 3.0}},
    "metrics": lambda k: {"metrics": {"a": ["mae", k.metrics.MeanSquaredError(name="s")]}},
    "metrics of both": lambda k: {"metrics": {"a": ["mae"], "b": ["accuracy"]}},
    "weighted_metrics": lambda k: {"weighted_metrics": {"a": ["mae"], "b": ["accuracy"]}},
    "run_eagerly": lambda k: {"run_eagerly": True},
    "steps_per_execution": lambda k: {"steps_per_execution": 3},
    "jit_compile": lambda k: {"jit_compile": False},
    "all": lambda k: {
        "optimizer": k.optimizers.SGD(0.1, momentum=0.5, nesterov=True),
        "loss": {"a": k.losses.LogCosh(), "b": SPARSE},
        "loss_weights": {"a": 0.5, "b": 2.0},
        "metrics": {"a": ["mae"]},
        "weighted_metrics": {"b": ["accuracy"]},
        "run_eagerly": True,
        "steps_per_execution": 2,
    },
}
DIRECTIONS = ("minicnn to minicnn", "minicnn to keras", "keras to minicnn")


def test_no_argument_is_left_out():
    arguments = set(inspect.signature(minicnn.Model.compile).parameters) - NOT_IN_FILES
    assert arguments <= set(CASES)
    assert set(two_outputs(minicnn)._compile_config) == arguments


def logs(model):
    model.run_eagerly = True  # TensorFlow would take seconds to trace a graph
    weights = {"a": WEIGHTS, "b": WEIGHTS[::-1]}
    found = model.evaluate(X, TARGETS, sample_weight=weights, verbose=0, return_dict=True)
    trained = model.train_on_batch(X, TARGETS, sample_weight=weights, return_dict=True)
    return {**found, **{f"trained {k}": v for k, v in trained.items()}}, model.get_weights()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", CASES)
def test_an_argument_comes_back(keras, name, direction, tmp_path):
    libraries = {"minicnn": minicnn, "keras": keras}
    writer, reader = (libraries[word] for word in direction.split(" to "))
    model = two_outputs(writer, **CASES[name](writer))
    model.save(tmp_path / "model.keras")
    again = reader.saving.load_model(tmp_path / "model.keras")
    assert again.steps_per_execution == model.steps_per_execution
    assert again.run_eagerly == model.run_eagerly
    assert type(again.optimizer).__name__ == type(model.optimizer).__name__
    (expected, weights), (found, other_weights) = logs(model), logs(again)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-5), key
    for a, b in zip(other_weights, weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_file_says_what_that_of_keras_says(keras, name, tmp_path):
    written = []
    for k in (minicnn, keras):
        two_outputs(k, **CASES[name](k)).save(tmp_path / f"{k.__name__}.keras")
        with zipfile.ZipFile(tmp_path / f"{k.__name__}.keras") as archive:
            config = json.loads(archive.read("config.json"))["compile_config"]
        written.append({key: value for key, value in config.items() if key != "jit_compile"})
    for key, value in written[1].items():
        assert _without_names(written[0][key]) == _without_names(value), key


@pytest.mark.parametrize("loss_weights", [0.25, [0.25]])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_weight_of_a_single_loss(keras, loss_weights, direction, tmp_path):
    libraries = {"minicnn": minicnn, "keras": keras}
    writer, reader = (libraries[word] for word in direction.split(" to "))
    model = writer.Sequential([writer.Input((3,)), writer.layers.Dense(2)])
    model.compile("sgd", ["mse"] if isinstance(loss_weights, list) else "mse", loss_weights)
    model.save(tmp_path / "model.keras")
    again = reader.saving.load_model(tmp_path / "model.keras")
    losses = []
    for each in (model, again):
        each.run_eagerly = True
        losses.append(np.ravel(each.evaluate(X, TARGETS["a"], verbose=0))[0])
    mean_square = np.mean((np.asarray(model(X)) - TARGETS["a"]) ** 2)
    np.testing.assert_allclose(losses, 0.25 * mean_square, rtol=1e-5)


def _without_names(value):
    """Without generated names and floats' rounding."""
    if isinstance(value, dict):
        skipped = ("name", "shared_object_id", "module", "registered_name")
        return {k: _without_names(v) for k, v in value.items() if k not in skipped}
    if isinstance(value, float):
        return float(np.float32(value))
    return [_without_names(v) for v in value] if isinstance(value, list) else value
