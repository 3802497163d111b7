"""The same models, weights and data in Keras: the same logs, predictions and weights."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minicnn

SAMPLES = 22  # not a multiple of the batch size
CLASSES = 3


def make_data():
    rng = np.random.default_rng(7)
    labels = rng.integers(0, CLASSES, SAMPLES)
    return {
        "x": rng.normal(size=(SAMPLES, 4)).astype("float32"),
        "values": rng.normal(size=(SAMPLES, 2)).astype("float32"),
        "yes_no": rng.integers(0, 2, (SAMPLES, 1)),
        "labels": labels,
        "one_hot": np.eye(CLASSES, dtype="float32")[labels],
        "weights": rng.uniform(0.1, 2.0, SAMPLES).astype("float32"),
    }


DATA = make_data()


def single(k, units=CLASSES, activation="softmax"):
    layers = [k.layers.Dense(5, activation="tanh"), k.layers.Dense(units, activation=activation)]
    return k.Sequential([k.Input((4,)), *layers])


def branching(k, as_dict=False):
    """Two outputs: `values`, two numbers, and `digit`, probabilities of classes."""
    inputs = k.Input((4,), name="features")
    hidden = k.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    values = k.layers.Dense(2, name="values")(hidden)
    digit = k.layers.Dense(CLASSES, activation="softmax", name="digit")(hidden)
    outputs = {"values": values, "digit": digit} if as_dict else [values, digit]
    return k.Model(inputs, outputs)


def with_penalties(k):
    layers = [
        k.layers.Dense(5, kernel_regularizer=k.regularizers.L2(0.1), activation="tanh"),
        k.layers.Dense(2, activity_regularizer=k.regularizers.L1(0.05)),
    ]
    return k.Sequential([k.Input((4,)), *layers])


def twins(keras, make, **compiled):
    """The model in Keras and in minicnn, with the same weights, compiled alike."""
    reference, ours = make(keras), make(minicnn)
    ours.set_weights(reference.get_weights())
    reference.compile(**settings(keras, compiled), run_eagerly=True)
    ours.compile(**settings(minicnn, compiled))
    return reference, ours


def settings(k, compiled):
    """The arguments of `compile`, made anew: Keras changes lists that it is given."""
    made = {name: value(k) if callable(value) else value for name, value in compiled.items()}
    return {"optimizer": "sgd", **copy.deepcopy(made)}


def assert_same_training(keras, make, compiled, fit):
    reference, ours = twins(keras, make, **compiled)
    arguments = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, **fit}
    expected = reference.fit(**arguments).history
    history = ours.fit(**arguments).history
    assert list(history) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=2e-5, atol=1e-6, err_msg=name)
    for weight, other in zip(ours.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-6)
    return reference, ours


SINGLE = {
    "sparse": (
        single,
        {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        {"y": DATA["labels"], "validation_split": 0.3},
    ),
    "one-hot": (
        single,
        {"loss": "categorical_crossentropy", "metrics": ["acc", "mae"], "optimizer": "adam"},
        {"y": DATA["one_hot"], "validation_data": (DATA["x"], DATA["one_hot"])},
    ),
    "binary": (
        lambda k: single(k, 1, "sigmoid"),
        {"loss": "binary_crossentropy", "metrics": ["accuracy"], "optimizer": "rmsprop"},
        {"y": DATA["yes_no"]},
    ),
    "crossentropy by shape": (single, {"loss": "crossentropy"}, {"y": DATA["labels"]}),
    "objects": (
        single,
        {
            "loss": lambda k: k.losses.SparseCategoricalCrossentropy(),
            "metrics": lambda k: [k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")],
        },
        {"y": DATA["labels"]},
    ),
    "sample weights": (
        single,
        {
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "weighted_metrics": ["accuracy"],
        },
        {
            "y": DATA["labels"],
            "sample_weight": DATA["weights"],
            "validation_data": (DATA["x"], DATA["labels"], DATA["weights"]),
        },
    ),
    "sample weights split": (
        single,
        {"loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]},
        {"y": DATA["labels"], "sample_weight": DATA["weights"], "validation_split": 0.25},
    ),
    "class weights": (
        single,
        {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        {"y": DATA["labels"], "class_weight": {0: 2.0, 2: 0.5}},
    ),
    "class weights one-hot": (
        single,
        {"loss": "categorical_crossentropy", "weighted_metrics": ["accuracy"]},
        {"y": DATA["one_hot"], "class_weight": {0: 2.0, 2: 0.5}},
    ),
    "penalties": (with_penalties, {"loss": "mse"}, {"y": DATA["values"], "validation_split": 0.5}),
    "loss weight": (
        with_penalties,
        {"loss": "mse", "loss_weights": 0.3, "metrics": ["mse"]},
        {"y": DATA["values"]},
    ),
    "steps": (
        single,
        {"loss": "sparse_categorical_crossentropy"},
        {"y": DATA["labels"], "steps_per_epoch": 2, "epochs": 3},
    ),
    "validation frequency": (
        single,
        {"loss": "sparse_categorical_crossentropy"},
        {"y": DATA["labels"], "epochs": 3, "validation_freq": 2, "validation_split": 0.2},
    ),
    "metrics in a dict": (
        single,
        {"loss": "sparse_categorical_crossentropy", "metrics": {"anything": "accuracy"}},
        {"y": DATA["labels"]},
    ),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("case", SINGLE)
def test_one_output(keras, case):
    make, compiled, fit = SINGLE[case]
    assert_same_training(keras, make, compiled, {"x": DATA["x"], **fit})


SPARSE = "sparse_categorical_crossentropy"
LISTED = [DATA["values"], DATA["labels"]]
NAMED = {"values": DATA["values"], "digit": DATA["labels"]}
SEVERAL = {
    "lists": (False, {"loss": ["mse", SPARSE], "metrics": [["mae"], ["accuracy"]]}, LISTED, None),
    "tuple of targets": (
        False,
        {"loss": ["mse", SPARSE], "metrics": ["mae", "acc"]},
        tuple(LISTED),
        None,
    ),
    "one loss for all": (False, {"loss": "mse"}, [DATA["values"], DATA["one_hot"]], None),
    "dicts for listed outputs": (
        False,
        {
            "loss": {"values": "mse", "digit": SPARSE},
            "loss_weights": {"values": 0.5, "digit": 2.0},
            "metrics": {"digit": ["acc", "accuracy"]},
        },
        NAMED,
        None,
    ),
    "dicts for named outputs": (
        True,
        {"loss": {"values": "mse", "digit": SPARSE}, "metrics": {"digit": ["acc"]}},
        NAMED,
        None,
    ),
    "weighted metrics": (
        True,
        {
            "loss": {"values": "mse", "digit": SPARSE},
            "metrics": {"digit": ["acc"]},
            "weighted_metrics": {"values": ["mae"], "digit": ["acc"]},
        },
        NAMED,
        {"values": DATA["weights"], "digit": DATA["weights"] ** 2},
    ),
    "one weight for all": (
        False,
        {"loss": ["mse", SPARSE], "weighted_metrics": [["mae"], ["acc"]]},
        LISTED,
        DATA["weights"],
    ),
    "one loss in a dict": (
        True,
        {"loss": {"digit": SPARSE}, "metrics": {"digit": ["acc"]}},
        NAMED,
        None,
    ),
    "one loss in a list": (False, {"loss": ["mse", None]}, LISTED, None),
    "targets of one loss only": (False, {"loss": [None, SPARSE]}, DATA["labels"], None),
    "the same metric twice": (
        False,
        {
            "loss": ["mse", SPARSE],
            "metrics": lambda k: [["mae", k.metrics.MeanAbsoluteError(name="mae")], None],
        },
        LISTED,
        None,
    ),
    "two losses for an output": (
        False,
        {"loss": ["mse", [SPARSE, "mae"]]},
        [DATA["values"], DATA["labels"][:, None]],
        None,
    ),
}


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("case", SEVERAL)
def test_several_outputs(keras, case):
    as_dict, compiled, y, sample_weight = SEVERAL[case]
    fit = {"x": DATA["x"], "y": y, "sample_weight": sample_weight, "epochs": 1}
    reference, ours = assert_same_training(keras, lambda k: branching(k, as_dict), compiled, fit)
    expected = reference.evaluate(DATA["x"], y, verbose=0)
    np.testing.assert_allclose(ours.evaluate(DATA["x"], y, verbose=0), expected, rtol=1e-4)


def test_steps_on_batches(keras):
    reference, ours = twins(
        keras,
        single,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        optimizer="adam",
    )
    for start in (0, 8, 16):
        rows = slice(start, start + 8)
        x, y, weights = DATA["x"][rows], DATA["labels"][rows], DATA["weights"][rows]
        for arguments in (
            {},
            {"sample_weight": weights},
            {"class_weight": {0: 3.0}},
            {"return_dict": True},
        ):
            expected = reference.train_on_batch(x, y, **arguments)
            result = ours.train_on_batch(x, y, **arguments)
            assert type(result) is type(expected)
            if isinstance(result, dict):
                assert list(result) == list(expected)
                expected, result = list(expected.values()), list(result.values())
            np.testing.assert_allclose(result, expected, rtol=1e-4)
    x, y = DATA["x"], DATA["labels"]
    np.testing.assert_allclose(ours.test_on_batch(x, y), reference.test_on_batch(x, y), rtol=1e-4)
    np.testing.assert_allclose(
        ours.predict_on_batch(x), reference.predict_on_batch(x), rtol=1e-4, atol=1e-6
    )


def batches_of_rows(k, x, y):
    """A PyDataset of three rows a batch."""

    class Rows(k.utils.PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            rows = slice(3 * index, 3 * index + 3)
            return x[rows], y[rows]

    return Rows()


SOURCES = {
    "arrays": lambda k: (DATA["x"], DATA["values"]),
    "weighted arrays": lambda k: (DATA["x"], DATA["values"], DATA["weights"]),
    "data set": lambda k: batches_of_rows(k, DATA["x"], DATA["values"]),
}


@pytest.mark.parametrize("steps, at_a_time", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("source", SOURCES)
def test_each_validation_begins_with_the_first_rows(keras, source, steps, at_a_time):
    """Not with those after the last validation: two epochs could not be compared."""

    def make(k):
        return single(k, 2, None)

    reference, ours = twins(keras, make, loss="mse", steps_per_execution=at_a_time)
    found = [
        model.fit(
            DATA["x"],
            DATA["values"],
            epochs=4,
            shuffle=False,
            validation_data=SOURCES[source](k),
            validation_steps=steps,
            validation_batch_size=None if source == "data set" else 3,
            verbose=0,
        ).history["val_loss"]
        for k, model in ((keras, reference), (minicnn, ours))
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=2e-5)


def test_predict_and_evaluate(keras):
    reference, ours = twins(keras, lambda k: branching(k, True), loss="mse")
    expected = reference.predict(DATA["x"], batch_size=8, verbose=0)
    predicted = ours.predict(DATA["x"], batch_size=8, verbose=0)
    assert predicted.keys() == expected.keys()
    for name in expected:
        assert predicted[name].dtype == "float32"
        np.testing.assert_allclose(predicted[name], expected[name], rtol=1e-5, atol=1e-6)


def test_logs_of_steps_are_running_means(keras):
    def losses_seen(k, model):
        seen = []
        note = k.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs))
        model.fit(
            DATA["x"], DATA["labels"], batch_size=8, shuffle=False, verbose=0, callbacks=[note]
        )
        return seen

    reference, ours = twins(
        keras, single, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    expected = losses_seen(keras, reference)
    seen = losses_seen(minicnn, ours)
    assert [list(logs) for logs in seen] == [list(logs) for logs in expected]
    assert all(type(value) is float for logs in seen for value in logs.values())
    for logs, other in zip(seen, expected, strict=True):
        np.testing.assert_allclose(list(logs.values()), list(other.values()), rtol=1e-5)


def test_recompiling_without_metrics_keeps_them_as_in_keras(keras):
    reference, ours = twins(keras, single, loss="mse", metrics=["mae"])
    for model in (reference, ours):
        model.compile("sgd", "mse")
    fit = {"x": DATA["x"], "y": DATA["one_hot"], "verbose": 0}
    assert list(ours.fit(**fit).history) == list(reference.fit(**fit).history) == ["loss", "mae"]
