"""Tests of `compare model`, most of them with minicnn instead of Keras in the same process."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import minicnn
from compare.algorithms import documented_errors
from compare.cli.main import main
from compare.cli.outcome import CannotCompare
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN
from compare.model import data, run, runs
from compare.model.description import UNITS, in_float64, read, unit, unknown
from compare.model.known_part import before_unknown
from minicnn import config, layers, ops
from minicnn.autodiff import GradientTape


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A model with branches, a shared layer, nested models, whole numbers and several outputs."""
    minicnn.utils.set_random_seed(0)
    a = layers.Input((6,), name="a")
    b = layers.Input((3,), dtype="int32", name="b")
    shared = layers.Dense(6, activation="tanh", name="shared")
    inner = minicnn.Sequential([layers.Input((6,)), layers.Dense(4)], name="inner")
    x = layers.Input((4,))
    forked = minicnn.Model(
        x, [layers.Dense(2, name="left")(x), layers.Dense(3, name="right")(x)], name="forked"
    )
    left, right = forked(inner(shared(shared(a))) + 0.5)
    words = layers.Flatten(name="words")(layers.Embedding(7, 2, name="embedding")(b))
    joined = layers.Dropout(0.5)(layers.Concatenate(name="joined")([left, right, words]))
    last = layers.BatchNormalization(name="last")(joined)
    made = minicnn.Model({"a": a, "b": b}, {"p": ops.relu(last), "q": left})
    random = np.random.default_rng(0)
    made.set_weights([random.uniform(0.2, 1, w.shape) for w in made.get_weights()])
    path = tmp_path_factory.mktemp("models") / "branches.keras"
    made.save(path)
    return path


def convnet(path, seed=0):
    """A model with fused pairs of layers, a convolution by Winograd, and a shortcut."""
    minicnn.utils.set_random_seed(seed)
    x = inputs = layers.Input((8, 8, 8), name="images")
    x = layers.Conv2D(16, 3, activation="relu", name="conv", padding="same")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    shortcut = layers.Conv2D(24, 1, name="shortcut")(x)
    x = layers.Conv2D(24, 3, padding="same", name="second")(x)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="normal")(x))
    x = layers.ReLU(name="last")(layers.Add(name="add")([x, shortcut]))
    inner = minicnn.Sequential([layers.Input((24,)), layers.Dense(5)], name="inner")
    made = minicnn.Model(inputs, inner(layers.GlobalMaxPooling2D(name="largest")(x)))
    made.save(path)
    return path


@pytest.fixture
def no_process(monkeypatch):
    """Replaces Keras by minicnn in this process."""
    monkeypatch.setattr(
        worker, "in_keras", lambda backend, function, task: run.in_keras(MiniCNN(), task)
    )


@pytest.fixture
def other_rounding(monkeypatch):
    """Replaces Keras by minicnn's NumPy backend, without fusion, in this process."""

    def in_keras(backend, function, task):
        used, fusion = config.backend(), config.fusion()
        config.set_backend("numpy")
        config.set_fusion(False)
        try:
            yield from list(run.in_keras(MiniCNN(), task))
        finally:
            config.set_backend(used)
            config.set_fusion(fusion)

    monkeypatch.setattr(worker, "in_keras", in_keras)
    config.set_backend("numba")


def with_other_class(file, tmp_path, name):
    """The same file with a layer of an unknown class."""
    path = tmp_path / "unknown.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "config.json":
                config = json.loads(content)
                layer = next(x for x in config["config"]["layers"] if x["name"] == name)
                layer["class_name"] = layer["registered_name"] = "FancyThing"
                content = json.dumps(config)
            new.writestr(member, content)
    return path


@pytest.mark.keras
def test_real_keras_agrees_layer_by_layer(file, tmp_path):
    record = tmp_path / "found.json"
    assert main(["model", str(file), "--json", str(record)]) == 0
    found = json.loads(record.read_text())
    assert found["passed"]
    names = [row["name"] for row in found["results"]]
    assert names[:2] == ["shared (Dense)", "shared (call 2) (Dense)"]
    assert {"inner/dense (Dense)", "forked/left (Dense)", "forked (Functional) [1]"} <= set(names)
    assert "relu (Relu)" in names
    gradients = names[names.index("the model (as usual) [1]") + 1 :]
    assert gradients[0] == "last/beta"
    assert gradients[-1] == "input a"
    assert all(row["minicnn"]["relative"] < 1e-5 for row in found["results"])
    assert not all(row["minicnn"]["relative"] == 0 for row in found["results"])


def test_the_first_layer_that_diverges_is_named(file, no_process, monkeypatch, capsys):
    asked = []
    monkeypatch.setenv("COLUMNS", "120")

    def slightly_wrong(self, inputs):
        asked.append(self.name)
        y = ops.concatenate(inputs, axis=-1)
        return y * (1 + 3e-5) if len(asked) < 4 else y  # Keras's calls come first

    monkeypatch.setattr(layers.Concatenate, "call", slightly_wrong)
    assert main(["model", str(file)]) == 1
    said = capsys.readouterr()
    assert "outputs diverge first at joined (Concatenate): Keras is 3e-05 off" in " ".join(
        said.err.split()
    )
    (marked,) = [x for x in said.out.splitlines() if "<- first" in x and "(Conc" in x]
    assert marked.split()[0] == "joined"
    assert "holds" in next(x for x in said.out.splitlines() if x.startswith("words"))


def test_a_wrong_gradient_is_named(file, no_process, monkeypatch, capsys):
    from minicnn.autodiff import GradientTape

    right = GradientTape.gradient

    def wrong(self, *args, **kwargs):
        found = right(self, *args, **kwargs)
        return [None if g is None else g * 2 if g.shape == (4, 3) else g for g in found]

    monkeypatch.setattr(GradientTape, "gradient", wrong)
    monkeypatch.setattr(runs.Truth, "differentiate", patched_with(right))
    monkeypatch.setattr(runs.PerturbedTruth, "differentiate", patched_with(right))
    assert main(["model", str(file)]) == 1
    assert "gradients diverge first at right/kernel: minicnn is" in " ".join(
        capsys.readouterr().err.split()
    )


def patched_with(gradient):
    """`differentiate` with the tape's right gradient."""
    from minicnn.autodiff import GradientTape

    def differentiate(self, *args, **kwargs):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(GradientTape, "gradient", gradient)
            return MiniCNN.differentiate(self, *args[:4])

    return differentiate


# Convolutions: fused pairs, algorithms, kinks, sensitivity


@pytest.mark.keras
def test_fused_pairs_of_layers_are_compared_with_real_keras(tmp_path):
    record = tmp_path / "found.json"
    assert main(["model", str(convnet(tmp_path / "c.keras")), "--json", str(record)]) == 0
    found = json.loads(record.read_text())
    names = [row["name"] for row in found["results"]]
    assert names[:6] == [
        *("conv (Conv2D)", "pool (MaxPooling2D)", "second (Conv2D)"),
        *("normal (BatchNormalization)", "relu (ReLU)", "shortcut (Conv2D)"),
    ]
    assert {"add (Add)", "inner/dense (Dense)", "the model (as usual)"} <= set(names)


@pytest.mark.parametrize("seed", range(4))
def test_a_right_convnet_is_never_accused(tmp_path, other_rounding, seed, capsys):
    path = convnet(tmp_path / "c.keras", seed)
    assert main(["model", str(path), "--seed", str(seed)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("algorithm", ["winograd", "winograd_2x2", "direct", "im2col"])
def test_the_documented_error_of_an_algorithm_is_accepted(tmp_path, other_rounding, algorithm):
    path = convnet(tmp_path / "c.keras")
    config.set_convolution_algorithm(algorithm)
    try:
        assert main(["model", str(path)]) == 0
    finally:
        config.set_convolution_algorithm("auto")


def test_the_error_of_winograd_is_not_granted_to_others(rng):
    x, kernel = rng.normal(size=(2, 12, 12, 16)), rng.normal(size=(3, 3, 16, 16))
    errors = {}
    for stride in (1, 2):
        exact = ops.conv(x, kernel, strides=stride).numpy()
        with documented_errors(0, "numba"):
            moved = ops.conv(x, kernel, strides=stride).numpy()
        errors[stride] = np.abs(moved - exact).max() / np.abs(exact).max()
    assert errors[1] == pytest.approx(1e-5, rel=0.01)
    assert errors[2] == 0


def kernel_gradients_off(monkeypatch, factor, shape):
    """Multiplies the gradients of this shape by the factor, in minicnn's own run only."""
    right = GradientTape.gradient

    def wrong(self, *args, **kwargs):
        found = right(self, *args, **kwargs)
        if config.backend() == "numpy":
            return found
        return [g if g is None or g.shape != shape else g * factor for g in found]

    monkeypatch.setattr(GradientTape, "gradient", wrong)


@pytest.mark.parametrize(
    ("factor", "name"), [(1.005, "conv"), (1.0003, "second"), (1.0003, "shortcut")]
)
def test_a_kernel_gradient_that_is_a_little_off(
    tmp_path, other_rounding, monkeypatch, capsys, factor, name
):
    path = convnet(tmp_path / "c.keras")
    shape = {"conv": (3, 3, 8, 16), "second": (3, 3, 16, 24), "shortcut": (1, 1, 16, 24)}[name]
    kernel_gradients_off(monkeypatch, factor, shape)
    assert main(["model", str(path)]) == 1
    assert f"gradients diverge first at {name}/kernel: minicnn is" in " ".join(
        capsys.readouterr().err.split()
    )


def test_the_sensitivity_is_printed(tmp_path, other_rounding, capsys):
    record = tmp_path / "found.json"
    assert main(["model", str(convnet(tmp_path / "c.keras")), "--json", str(record)]) == 0
    found = json.loads(record.read_text())["summary"]["sensitivity"]
    assert found["worst"]["smallest"] < 5e-4
    assert set(found["kinds"]) == {"outputs", "gradients"}
    assert f"Sensitivity, measured: a wrong factor on one of {found['quantities']} quantities" in (
        capsys.readouterr().out
    )


def test_lines_fit_a_terminal(tmp_path, other_rounding, capsys):
    main(["model", str(convnet(tmp_path / "c.keras"))])
    tables = capsys.readouterr().out.split("Sensitivity")[0]
    assert max(map(len, tables.splitlines())) <= 120


@pytest.mark.parametrize(("distance", "holds"), [(0.0, True), (3e-8, True), (1e-2, False)])
def test_another_branch_is_allowed_at_a_kink_only(
    tmp_path, other_rounding, monkeypatch, distance, holds
):
    made = minicnn.Sequential(
        [layers.Input((3,)), layers.Dense(2), layers.ReLU(), layers.Dense(1, use_bias=False)]
    )
    x = np.float32([[1, 2, 3], [0.5, -1, 2]])
    kernel = np.float32([[0.5, 1], [0.25, -1], [0.75, 0.5]])
    bias = [distance - (x @ kernel)[0, 0], 1.0]
    made.set_weights([kernel, bias, [[1.0], [2.0]]])
    made.save(tmp_path / "m.keras")
    np.savez(tmp_path / "x.npz", x)
    arguments = ["model", str(tmp_path / "m.keras"), "--data", str(tmp_path / "x.npz")]
    assert main(arguments) == 0
    right = layers.ReLU.call

    def first_unit_of_the_other_branch(self, inputs):
        if config.backend() == "numpy":
            return right(self, inputs)
        above = inputs.numpy() > 0
        above[0, 0] ^= True
        return ops.where(above, inputs, 0)

    monkeypatch.setattr(layers.ReLU, "call", first_unit_of_the_other_branch)
    assert main(arguments) == (0 if holds else 1)


def test_a_model_of_its_own_class(tmp_path):
    code = tmp_path / "own.py"
    code.write_text(OWN_CLASS)
    program = f"""
import sys
from minicnn.as_keras import names
names.bind()
import runpy, numpy as np
Own = runpy.run_path({str(code)!r})["Own"]
model = Own(3)
model(np.ones((2, 4), "float32"))
model.save({str(tmp_path / "own.keras")!r})
from compare.cli.main import main
import compare.model.run as run
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN
worker.in_keras = lambda backend, function, task: run.in_keras(MiniCNN(), task)
sys.exit(main(["model", {str(tmp_path / "own.keras")!r}, "--code", {str(code)!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "first (Dense)" in done.stdout
    assert "own/factor" in done.stdout


OWN_CLASS = """
import keras

@keras.saving.register_keras_serializable("mine")
class Own(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = keras.layers.Dense(units, activation="relu", name="first")
        self.factor = self.add_weight(shape=(units,), initializer="ones", name="factor")

    def call(self, inputs):
        return self.first(inputs) * self.factor

    def get_config(self):
        return {"units": self.units, "name": self.name}
"""


def test_what_comes_before_an_unknown_layer_is_compared(file, tmp_path):
    description = read(str(with_other_class(file, tmp_path, "joined")))
    assert unknown(description) == ["FancyThing"]
    part = before_unknown(description)
    assert part.left_out == ["joined", "dropout", "last", "relu"]
    part = minicnn.saving.deserialize_keras_object(part.description)
    assert [x.name for x in part.inputs] == ["a", "b"]
    assert sorted(x.shape for x in part.outputs) == [(None, 2), (None, 3), (None, 6)]


def test_a_shared_layer_keeps_its_first_call(tmp_path):
    x = layers.Input((4,), name="x")
    shared = layers.Dense(4, name="shared")
    y = shared(layers.Dense(4, name="odd")(shared(x)))
    minicnn.Model(x, y).save(tmp_path / "shared.keras")
    part = before_unknown(read(str(with_other_class(tmp_path / "shared.keras", tmp_path, "odd"))))
    assert part.left_out == ["odd"]
    part = minicnn.saving.deserialize_keras_object(part.description)
    assert [layer.name for layer in part.layers] == ["x", "shared"]


def test_the_known_part_of_a_sequential_model(tmp_path, monkeypatch, capsys):
    made = minicnn.Sequential([layers.Input((4,)), layers.Dense(3), layers.ReLU(name="odd")])
    made.save(tmp_path / "model.keras")
    path = tmp_path / "other.keras"
    with zipfile.ZipFile(tmp_path / "model.keras") as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member).replace(b'"ReLU"', b'"FancyThing"'))

    def keras(backend, function, task):
        part = run.model_from(MiniCNN(), task.part, run.weights_by_layer(made))
        return iter([run.weights_by_layer(part), run.run(MiniCNN(), part, task)])

    monkeypatch.setattr(worker, "in_keras", keras)
    assert main(["model", str(path)]) == 1
    said = capsys.readouterr()
    assert "minicnn lacks FancyThing: odd was not compared." in " ".join(said.err.split())
    assert "dense (Dense)" in said.out
    assert "diverge" not in " ".join(said.err.split())


def test_different_weights_are_reported(file, monkeypatch, capsys):
    def keras(backend, function, task):
        weights, answer = run.in_keras(MiniCNN(), task)
        weights["last"][1][0] += 1e-3
        return iter([weights, answer])

    monkeypatch.setattr(worker, "in_keras", keras)
    assert main(["model", str(file)]) == 1
    assert "read different weights for the layer last" in " ".join(capsys.readouterr().err.split())


BAD_FILES = {
    "missing.keras": (None, "there is no file"),
    "text.keras": (b"not a model", "is not a `.keras` file"),
    "old.keras": (b"\x89HDF\r\n\x1a\n" + bytes(40), "but HDF5"),
    "half.keras": (b"PK\x03\x04" + bytes(40), "truncated or damaged"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(tmp_path, capsys, name):
    content, said = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["model", str(tmp_path / name)]) == 1
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_damaged_weights_file(file, tmp_path, capsys):
    path = tmp_path / "damaged.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member)[: 500 if member.endswith("h5") else None])
    assert main(["model", str(path)]) == 1
    assert "minicnn cannot open it: " in " ".join(capsys.readouterr().err.split())


BAD_DATA = [
    ({"a": np.zeros((2, 6))}, "has a; the model's inputs are called a, b"),
    ({"a": np.zeros((2, 5)), "b": np.zeros((2, 3))}, r"have shape \(2, 5\); the model needs"),
    ({"a": np.zeros((2, 6)), "b": np.zeros((3, 3))}, r"have \[2, 3\] rows"),
    ({"a": np.zeros((0, 6)), "b": np.zeros((0, 3))}, r"have \[0\] rows"),
    ({"a": np.zeros((2, 6)), "b": np.full((2, 3), 0.5)}, "not numbers of type int32"),
    ({"a": np.full((2, 6), "x"), "b": np.zeros((2, 3))}, "are not numbers"),
]


@pytest.mark.parametrize(("arrays", "said"), BAD_DATA)
def test_data_that_do_not_fit(file, tmp_path, arrays, said):
    np.savez(tmp_path / "data.npz", **arrays)
    inputs = minicnn.saving.load_model(file).inputs
    with pytest.raises(CannotCompare, match=said):
        data.given(str(tmp_path / "data.npz"), inputs, 4)


def test_data_by_name_in_order_or_alone(file, tmp_path):
    inputs = minicnn.saving.load_model(file).inputs
    a, b = np.random.default_rng(0).random((5, 6)), np.ones((5, 3))
    np.savez(tmp_path / "named.npz", b=b, a=a)
    np.savez(tmp_path / "ordered.npz", a, b)
    np.savez(tmp_path / "alone.npz", images=a)
    for name in ("named.npz", "ordered.npz"):
        first, second = data.given(str(tmp_path / name), inputs, 3)
        np.testing.assert_array_equal(first, a[:3].astype("float32"))
        assert second.dtype == "int32"
    (only,) = data.given(str(tmp_path / "alone.npz"), inputs[:1], 9)
    assert only.shape == (5, 6)


@pytest.mark.parametrize("content", [b"text", b"PK\x03\x04broken", b""])
def test_a_file_that_is_not_data(tmp_path, content):
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(CannotCompare, match=r"is not a \.npz file"):
        data.given(str(tmp_path / "data.npz"), [], 4)


def test_random_data_fit_the_inputs(file):
    a, b = data.drawn(minicnn.saving.load_model(file).inputs, 5, seed=3)
    assert (a.shape, a.dtype, b.shape, b.dtype) == ((5, 6), "float32", (5, 3), "int32")
    assert b.min() >= 0 and b.max() < 7
    open_ended = layers.Input((None, 2))
    assert data.drawn([open_ended], 2, 0)[0].shape == (2, data.LENGTH, 2)


def test_float64_everywhere():
    made = minicnn.Sequential([layers.Input((3,)), layers.Dense(2, dtype="mixed_float16")])
    description = minicnn.saving.serialize_keras_object(made)
    assert unit(description) == UNITS["float16"]
    twin = minicnn.saving.deserialize_keras_object(in_float64(description))
    assert twin(np.ones((1, 3))).dtype == "float64"
    assert {v.dtype for v in twin.variables} == {"float64"}
