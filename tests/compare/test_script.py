import json

import numpy as np
import pytest

import minicnn
from compare import script
from compare.cli.main import main
from compare.script import same_draws
from compare.script.differences import differences


def of(losses, name="model", **metrics):
    """The record of one `fit`."""
    return {
        "model": name,
        "epochs": list(range(1, len(losses) + 1)),
        "metrics": {"loss": losses, **metrics},
    }


def test_the_last_line_of_json_is_what_was_printed():
    assert script.last_json('{"a": 1}\n{"a": 2}\n{not json\nbye') == {"a": 2}
    assert script.last_json("nothing") == {}


def test_fractions_may_differ_a_little_and_nothing_else():
    ours = {
        "printed": {"n": 10, "count": 100, "loss": 0.52, "name": "a"},
        "fit": [of([1.0, 0.5])],
    }
    keras = {
        "printed": {"n": 10, "count": 101, "loss": 0.5, "name": "b"},
        "fit": [of([2.0, 0.5, 0.4])],
    }
    found = {r["what"]: r["holds"] for r in differences(ours, keras, 0.1, 0.1)}
    assert found == {
        "fit 1, epoch 1: loss": False,
        "fit 1, epoch 2: loss": True,
        "fit 1, epoch 3: loss": False,
        "printed n": True,
        "printed count": False,
        "printed loss": True,
        "printed name": False,
    }


def test_truth_values_are_not_numbers():
    results = ({"printed": {"a": value}} for value in (True, False))
    assert not differences(*results, 1.0, 0.1)[0]["holds"]


@pytest.mark.parametrize(("late", "holds"), [(0.0011, True), (0.0015, False), (0.5, False)])
def test_a_late_loss_is_compared_with_its_own_size(late, holds):
    keras = {"fit": [of([0.3, 0.01, 0.001])]}
    ours = {"fit": [of([0.3, 0.01, late])]}
    within, part = script.SAME
    assert differences(ours, keras, 0.1, part)[-1]["holds"] == holds
    assert not differences({"fit": [of([0.3, 0.01, 0.0012])]}, keras, within, part)[-1]["holds"]


def test_a_fit_of_one_library_only():
    rows = differences({"fit": [of([1.0])]}, {"fit": [of([1.0]), of([0.5])]}, 0.1, 0.1)
    assert [(r["what"], r["holds"]) for r in rows] == [
        ("fit 1, epoch 1: loss", True),
        ("fit 2, epoch 1: loss", False),
    ]


def run_with(monkeypatch, tmp_path, ours, keras, *options):
    monkeypatch.setattr(script, "check_installed", lambda backend: None)
    both = {"minicnn": ours, "keras": keras}
    monkeypatch.setattr(
        script, "_run", lambda which, *_: {"printed": {}, "random": [], **both[which]}
    )
    program = tmp_path / "program.py"
    program.write_text("")
    return main(["script", str(program), "--json", str(tmp_path / "found.json"), *options])


def test_the_place_where_the_runs_part_is_named(tmp_path, monkeypatch, capfd):
    keras = {"fit": [of([2.0, 1.0]), of([1.0, 0.5, 0.4], accuracy=[0.6, 0.7, 0.8])]}
    ours = {"fit": [of([2.0, 1.0]), of([1.0, 0.5, 0.41], "net", accuracy=[0.6, 0.2, 0.3])]}
    assert run_with(monkeypatch, tmp_path, ours, keras) == 1
    said = capfd.readouterr()
    assert (
        "the runs part at fit 2, epoch 2: accuracy of the model 'net': minicnn 0.2, Keras 0.7, "
        "and 1 more values differ. Random numbers differ between the libraries (initial weights, "
        "orders of samples)" in " ".join(said.err.split())
    )
    assert max(map(len, said.out.split("\n\n")[0].splitlines())) <= 120
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["summary"]["first"] == "fit 2, epoch 2: accuracy"
    assert found["results"][0]["place"] == [1, 1, "loss"]


def test_what_stays_random_is_said(tmp_path, monkeypatch, capfd):
    ours = {"fit": [of([2.0])], "random": ["Dropout"], "weights": {"same": 4, "other": 1}}
    assert run_with(monkeypatch, tmp_path, ours, {"fit": [of([2.0])]}, "--same-weights") == 0
    said = capfd.readouterr().out
    assert "4 initial weights are Keras's. Still random: 1 initial weights without a" in said
    assert "the draws of Dropout." in said
    assert run_with(monkeypatch, tmp_path, ours, {"fit": [of([2.0])]}) == 0
    assert "the draws of Dropout" in capfd.readouterr().out


def test_initial_weights_are_those_that_were_recorded(tmp_path, monkeypatch):
    layers = minicnn.layers
    for name in same_draws.INITIALIZERS:
        for cls in getattr(minicnn.initializers, name).__mro__:
            if "__call__" in vars(cls):
                monkeypatch.setattr(cls, "__call__", vars(cls)["__call__"])
    module = "minicnn.trainers.data_adapters.array_data_adapter.permutation"
    monkeypatch.setattr(module, None)

    def model():
        return minicnn.Sequential(
            [
                layers.Input((4,)),
                layers.Dense(5),
                layers.Dense(5, kernel_initializer="orthogonal"),
                layers.Dense(5, kernel_initializer="he_normal", bias_initializer="ones"),
            ]
        ).get_weights()

    minicnn.utils.set_random_seed(1)
    first = model()
    np.savez(tmp_path / same_draws.FILE, *[w for w in first if w.ndim == 2])
    minicnn.utils.set_random_seed(2)
    counts = same_draws.replay_in_minicnn(minicnn, tmp_path)
    for a, b in zip(first, model(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert counts == {"same": 3, "other": 0}
    model()
    assert counts == {"same": 3, "other": 3}


def test_permutations_are_the_same_in_every_process():
    a, b = same_draws.Permutations(), same_draws.Permutations()
    first, second = a.next(20), a.next(20)
    np.testing.assert_array_equal(first, b.next(20))
    assert sorted(second) == list(range(20)) and (first != second).any()


def test_a_program_that_raises_is_reported(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(script, "check_installed", lambda backend: None)
    program = tmp_path / "broken.py"
    program.write_text("import sys\nraise RuntimeError('no luck')")
    assert main(["script", str(program)]) == 1
    message = "broken.py ended with exit code 1 on real Keras: RuntimeError: no luck"
    assert message in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize("arguments", [["script", "no_such.py"]])
def test_a_missing_file(arguments, capfd):
    assert main(arguments) == 1
    assert "there is no file no_such.py" in " ".join(capfd.readouterr().err.split())


PROGRAM = """
import json, keras, numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 6)).astype("float32")
y = (x[:, 0] > 0).astype("int32")
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="tanh"),
                          keras.layers.Dense(2, activation="softmax")])
rate = 0.01 {wrong}
model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
model.fit(x, y, epochs=2, batch_size=16, verbose=0)
model.compile(keras.optimizers.Adam(rate * 2), "sparse_categorical_crossentropy")
model.fit(x, y, epochs=3, batch_size=16, verbose=0)
"""


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize(
    ("wrong", "status"),
    [("", 0), ("* (2 if keras.layers.Dense.__module__.startswith('minicnn') else 1)", 1)],
)
def test_the_same_weights_beside_real_keras(tmp_path, capfd, wrong, status):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("{wrong}", wrong))
    assert main(["script", str(program), "--same-weights"]) == status
    said = capfd.readouterr()
    assert "2 initial weights are Keras's. No random numbers differ" in said.out
    assert ("the runs part at fit 1, epoch " in said.err) == bool(status)
