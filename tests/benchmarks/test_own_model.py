"""A network of the user's, from a file, with data that fit it."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest

import minicnn
from benchmarks import cli, own_model, plan
from benchmarks.libraries import NAMED, OURS
from benchmarks.worker import Failed, Worker

PROGRAM = """
import keras
from keras import layers

def build():
    inputs = keras.Input((6, 5, 3))
    x = layers.Flatten()(layers.Conv2D(4, 3)(inputs))
    return keras.Model(inputs, [layers.Dense(5, activation="softmax")(x), layers.Dense(2)(x)])

def given(library):
    return library.Sequential([library.Input((4,)), library.layers.Dense(3, activation="sigmoid")])

def number():
    return 3

def shapeless():
    return keras.Sequential([layers.Dense(3)])
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "networks.py"
    path.write_text(PROGRAM)
    return path


def test_both_kinds_of_files_are_timed(program, tmp_path):
    model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(3)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "model.keras")
    with Worker(NAMED[OURS]) as worker:
        for network in (f"{program}:build", f"{program}:given", str(tmp_path / "model.keras")):
            for kind in ("training", "prediction"):
                found = worker.call("samples", kind=kind, network=network, batch=4, seconds=0.001)
                assert found["images"] % 4 == 0 and found["images"] >= 8
                worker.call("prepare", kind=kind, network=network, batch=4, images=8)
                assert worker.call("round")["microseconds"] > 0


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("number", "returned builtins.int, not a model of minicnn"),
        ("nothing", "has no function nothing"),
        ("shapeless", "has no known input shape"),
    ],
)
def test_what_cannot_be_timed_is_said(function, told, program):
    with Worker(NAMED[OURS]) as worker, pytest.raises(Failed, match=told):
        settings = {"network": f"{program}:{function}", "batch": 4, "images": 8}
        worker.call("prepare", kind="training", **settings)


@pytest.mark.parametrize("network", ["model.h5", "a.keras", "b.py", "b.py:f", "c.keras:f", "x:y"])
def test_a_name_that_is_no_file(network, capsys):
    with pytest.raises(own_model.Unusable, match=f"--model {network}: "):
        own_model.check_file(network)
    with pytest.raises(SystemExit):
        cli.main(["--model", network])
    assert network in capsys.readouterr().err


LOSSES = {
    "sparse_categorical_crossentropy": (lambda y: y.shape == (40,) and set(y) <= set(range(5))),
    "categorical_crossentropy": (lambda y: np.array_equal(y.sum(1), np.ones(40))),
    "binary_crossentropy": (lambda y: set(y.ravel()) == {0, 1}),
    "hinge": (lambda y: set(y.ravel()) == {0, 1}),
    "mse": (lambda y: y.shape == (40, 5) and len(set(y.ravel())) == 200),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", ["one", "list", "dict"])
def test_labels_fit_the_loss(loss, form, tmp_path):
    inputs = minicnn.Input((3,))
    outputs = [minicnn.layers.Dense(5, name="first")(inputs)]
    if form != "one":
        outputs.append(minicnn.layers.Dense(2, name="second")(inputs))
    model = minicnn.Model(inputs, outputs)
    model.compile(
        "sgd",
        {"one": loss, "list": [loss, "mae"], "dict": {"second": "mae", "first": loss}}[form],
    )
    model.save(tmp_path / "model.keras")
    task = own_model.load(str(tmp_path / "model.keras"), minicnn, 40, {})
    first = task.y if form == "one" else task.y[0]
    assert LOSSES[loss](first)
    assert form == "one" or task.y[1].shape == (40, 2)
    task.model.evaluate(task.x, task.y, verbose=0)


def test_losses_of_a_model_that_has_none():
    keras = types.SimpleNamespace(layers=minicnn.layers)
    inputs = minicnn.Input((3,))
    ends = [
        keras.layers.Dense(4, activation="softmax"),
        keras.layers.Softmax(),
        keras.layers.Dense(1, activation="sigmoid"),
        keras.layers.Dense(4),
    ]
    model = minicnn.Model(inputs, [end(inputs) for end in ends])
    assert own_model._loss(model) == [
        "sparse_categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "binary_crossentropy",
        "mean_squared_error",
    ]


def test_the_plan_of_an_own_network(program):
    options = cli._parser().parse_args(["--model", f"{program}:build", "--batch", "3", "7"])
    chosen = cli._chosen(options)
    (network,) = options.networks
    assert chosen.batches == {network: (3, 7)} and network.endswith("networks.py:build")
    assert options.only == list(plan.OWN_SECTIONS)
    assert own_model.short(network) == "networks.py:build"


@pytest.mark.keras
def test_real_keras_times_the_same_file(program):
    """In a process of its own: Keras's names are not bound to minicnn there."""
    code = f"""
import keras
from benchmarks import own_model
task = own_model.load({str(program) + ":build"!r}, keras, 8, {{}})
assert type(task.model).__module__.startswith("keras."), type(task.model)
print(task.x.shape, [y.shape for y in task.y], task.model.count_params())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    ours = "(8, 6, 5, 3) [(8,), (8, 2)] 455"
    assert done.stdout.strip() == ours, done.stderr[-500:]
