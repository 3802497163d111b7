"""`KerasFileEditor`: what it shows, changes and writes, and that Keras and minicnn read it."""

import re
import warnings

import numpy as np
import pytest

import minicnn
from minicnn.saving import KerasFileEditor

KERAS = pytest.param("keras", marks=pytest.mark.keras)
LIBRARIES = pytest.mark.parametrize("library", ["minicnn", KERAS])


@pytest.fixture
def made(library, request):
    return minicnn if library == "minicnn" else request.getfixturevalue("keras")


def nested(keras, width=3):
    """A model with parts inside of parts, layers without weights, and an optimizer."""
    layers = keras.layers
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(width, name="first")], name="inner")
    model = keras.Sequential(
        [
            keras.Input((6, 4)),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(3),
            layers.Dropout(0.5),
            inner,
            layers.BatchNormalization(),
            layers.Dense(2, name="scores"),
        ]
    )
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(np.ones((2, 6, 4), "float32"), np.ones((2, 2), "float32"))
    return model


def with_own_weight(keras):
    class Scaled(keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")
            self.encoder = keras.layers.Dense(2)
            self.blocks = [keras.layers.Dense(2), keras.layers.Dense(2)]

        def call(self, x):
            x = self.encoder(x) * self.scale
            for block in self.blocks:
                x = block(x)
            return x

    model = Scaled()
    model(np.ones((1, 3), "float32"))
    return model


def values(model):
    return [np.asarray(x) for x in model.weights]


def scrambled(model):
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if "int" not in str(weight.dtype):
            weight.assign(rng.uniform(0.1, 1, weight.shape))
    return model


@LIBRARIES
@pytest.mark.parametrize("make", [nested, with_own_weight], ids=lambda make: make.__name__)
def test_a_file_saved_unchanged_has_all_weights(made, make, tmp_path, capsys):
    model = scrambled(make(made))
    model.save_weights(tmp_path / "m.weights.h5")
    editor = KerasFileEditor(tmp_path / "m.weights.h5")
    ours = make(minicnn)
    found = editor.compare(ours)
    assert found == {"status": "success", "error_count": 0, "match_count": found["match_count"]}
    assert found["match_count"] >= len(model.weights)
    editor.save(tmp_path / "again.weights.h5")
    for twin in (make(made), ours):
        twin.load_weights(tmp_path / "again.weights.h5")
        for a, b in zip(values(model), values(twin), strict=True):
            np.testing.assert_array_equal(a, b)
    if make is nested:
        np.testing.assert_array_equal(
            *(np.asarray(x.optimizer.variables[3]) for x in (model, ours))
        )
    assert "shape=(2,), dtype=float32" not in capsys.readouterr().out


@LIBRARIES
def test_a_keras_file_is_described(made, tmp_path, capsys):
    model = nested(made)
    model.save(tmp_path / "m.keras")
    editor = KerasFileEditor(str(tmp_path / "m.keras"))
    assert editor.config["class_name"] == "Sequential" and "keras_version" in editor.metadata
    assert editor.object_metadata["/layers/dense"] == {"name": "scores"}
    editor.summary()
    lines = capsys.readouterr().out.splitlines()
    assert "    dense ('scores')" in lines
    assert "      0: shape=(3, 2), dtype=float32" in lines
    kernels = [line.strip() for line in lines if line.strip().startswith("0: shape=(4, 8)")]
    assert len(kernels) == 2  # both directions


@LIBRARIES
def test_an_edited_file_fits_a_model_of_other_layers(made, tmp_path):
    def model(keras, *widths, inputs=3):
        dense = [keras.layers.Dense(width) for width in widths]
        return keras.Sequential([keras.Input((inputs,)), *dense])

    model(made, 4, 5).save(tmp_path / "old.keras")
    editor = KerasFileEditor(tmp_path / "old.keras")
    target = model(minicnn, 4, 7, 5)
    assert editor.compare(target)["error_count"] == 2 + 1  # the shapes of dense_1, and dense_2
    editor.rename_object("dense_1", "dense_2")
    assert editor.compare(target)["error_count"] == 1 + 1
    kernel = np.full((7, 5), 3.0, "float32")
    editor.add_object("layers/dense_1", {"0": np.ones((4, 7)), "1": np.zeros(7), "odd": 1.0})
    editor.add_weights("layers/dense_2", {"0": kernel})
    assert editor.compare(target) == {"status": "error", "error_count": 1, "match_count": 6}
    editor.delete_weight("dense_1", "odd")
    assert editor.compare(target)["status"] == "success"
    kernel[:] = 0  # the editor has its own
    editor.resave_weights(tmp_path / "new.weights.h5")
    for keras in (minicnn, made):
        new = model(keras, 4, 7, 5)
        new.load_weights(tmp_path / "new.weights.h5")
        assert [float(np.asarray(x).mean()) for x in new.weights[2:5]] == [1.0, 0.0, 3.0]
        bias = editor.weights_dict["layers"]["dense_2"]["1"]
        np.testing.assert_array_equal(values(new)[5], bias)


@pytest.mark.keras
def test_it_says_what_the_editor_of_keras_says(keras, tmp_path):
    """For models without parts inside of parts, which Keras's leaves out."""
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Dense(2)]
    )
    model.save(tmp_path / "m.keras")
    ours, theirs = (
        editor(str(tmp_path / "m.keras"))
        for editor in (KerasFileEditor, keras.saving.KerasFileEditor)
    )
    for editor in (ours, theirs):
        editor.rename_object("conv2d", "conv2d_1")
        editor.delete_object("layers/batch_normalization")
        editor.add_object("layers/extra", {"0": np.ones(3)})
        editor.add_weights("extra", {"1": np.ones(2)})
        editor.delete_weight("dense", "1")
    paths = [{"/".join(path) for path in _paths(editor.weights_dict)} for editor in (ours, theirs)]
    assert paths[0] == paths[1]
    assert ours.object_metadata["/layers/dense"] == theirs.object_metadata["/layers/dense"]
    theirs.save(str(tmp_path / "theirs.weights.h5"))
    reopened = KerasFileEditor(tmp_path / "theirs.weights.h5")
    ours.save(tmp_path / "ours.weights.h5")
    keras.saving.KerasFileEditor(str(tmp_path / "ours.weights.h5"))
    assert {"/".join(path) for path in _paths(reopened.weights_dict)} == paths[0]


def _paths(tree):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from ((name, *rest) for rest in _paths(value))
        else:
            yield (name,)


def test_types_are_kept(tmp_path):
    model = minicnn.Sequential(
        [minicnn.Input((3,)), minicnn.layers.Dense(2, dtype="bfloat16"), minicnn.layers.Dense(1)]
    )
    model.layers[0].kernel.assign(np.arange(6).reshape(3, 2))
    model.save_weights(tmp_path / "m.weights.h5")
    editor = KerasFileEditor(tmp_path / "m.weights.h5")
    many = {str(i): np.full(2, i, "float16") for i in range(12)}
    editor.add_object("layers/many", {**many, "inside": {"0": minicnn.ops.ones((2,))}})
    editor.save(tmp_path / "again.weights.h5")
    again = KerasFileEditor(tmp_path / "again.weights.h5")
    layers = again.weights_dict["layers"]
    assert str(layers["dense"]["0"].dtype) == "bfloat16"
    np.testing.assert_array_equal(
        layers["dense"]["0"].astype("float32"), np.arange(6.0).reshape(3, 2)
    )
    assert layers["many"]["11"].dtype == "float16"
    assert [name for name in layers["many"] if name != "inside"] == [*map(str, range(12))]
    assert layers["many"]["inside"]["0"].shape == (2,)


@pytest.fixture
def editor(tmp_path):
    model = minicnn.Sequential([minicnn.Input((3,)), nested_dense(), minicnn.layers.Dense(2)])
    model.save_weights(tmp_path / "m.weights.h5")
    return KerasFileEditor(tmp_path / "m.weights.h5")


def nested_dense():
    return minicnn.Sequential([minicnn.Input((3,)), minicnn.layers.Dense(3)])


WRONG = [
    ("rename_object", ("dense", "x"), "occurs more than once.*'/layers/sequential/layers/dense'"),
    ("rename_object", ("layers/dense", "a/b"), "leaf name"),
    (
        "rename_object",
        ("layers/dense", "sequential"),
        "another 'sequential' beside '/layers/dense'",
    ),
    ("rename_object", ("layers/dense", "vars"), "Received: 'vars'"),
    ("rename_object", ("sequentail", "x"), "'sequentail' not found.*Did you mean 'sequential'"),
    ("rename_object", ("layers/dens", "x"), "'layers/dens' not found"),
    ("delete_object", ("layers/dense/0/0",), "not found"),
    ("delete_object", (3,), "'3' not found"),
    ("delete_object", ("/",), "not found"),
    ("add_object", ("layers/none/x", {}), "'/layers/none' not found"),
    ("add_object", ("layers/x", [1]), "should be a dict of arrays by name"),
    ("add_object", ("/", {}), "should end in the name of an object"),
    ("add_object", ("layers/dense/0/x", {}), "is a weight"),
    ("add_weights", ("layers/dense", {"2": "text"}), "Weight '2' of 'layers/dense'.*numbers"),
    ("add_weights", ("layers/dense", {"2": [[1], [2, 3]]}), "Weight '2' of 'layers/dense'"),
    ("add_weights", ("layers/dense", {"2": None}), "numbers"),
    ("add_weights", ("layers/dense", {2: 1.0}), "like '0' or '1'. Received: 2"),
    ("add_weights", ("layers/dense", {"2": {"a/b": 1.0}}), "Received: 'a/b'"),
    ("add_weights", ("layers/dense/0", {"2": 1.0}), "'/layers/dense/0' is a weight"),
    ("delete_weight", ("layers/dense", "7"), "Weight 7 not found.*Weights found: 0, 1"),
    ("delete_weight", ("/layers", "dense"), "Weight dense not found.*Weights found: none"),
    ("save", ("m.h5",), "`.weights.h5`"),
]


@pytest.mark.parametrize(("method", "given", "message"), WRONG)
def test_what_cannot_be_done_is_said_and_changes_nothing(editor, method, given, message):
    before = repr(editor.weights_dict)
    with pytest.raises(ValueError, match=message) as error:
        getattr(editor, method)(*given)
    assert "\n" not in str(error.value)
    assert repr(editor.weights_dict) == before


def test_names_are_found(editor):
    editor.rename_object("/layers", "parts")
    assert [*editor.weights_dict] == ["parts"]
    editor.delete_object("sequential")
    editor.delete_object("dense")
    assert editor.weights_dict == {"parts": {}} and not editor.object_metadata


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["layers/dense/kernel"], "no group `vars`"),
        (["kernel"], "no group `vars`"),
        (["layers/vars/dense", "layers/dense/vars/0"], "a weight"),
        (["layers/vars/vars/0"], "not in the format of Keras 3"),
    ],
    ids=["legacy", "root", "both", "vars"],
)
def test_files_of_other_layouts_are_refused(groups, message, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        for path in groups:
            file[path] = np.ones(3)
    with pytest.raises(ValueError, match=message):
        KerasFileEditor(tmp_path / "m.weights.h5")


def test_hostile_files_are_refused(tmp_path, capsys):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "m.weights.h5"
    for name in ("m.txt", "m.h5", "m.keras.zip"):
        with pytest.raises(ValueError, match="Invalid filename"):
            KerasFileEditor(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        KerasFileEditor(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("a/vars/0", (1 << 20, 1 << 12), "f4", chunks=(1, 64))
    with pytest.raises(ValueError, match="bomb"):
        KerasFileEditor(path)
    with h5py.File(path, "w") as file:
        file["a\x1b[31m/vars/0"] = np.ones(2)
        file["layers"] = h5py.SoftLink("/a")
    with pytest.raises(ValueError, match="SoftLink"):
        KerasFileEditor(path)
    with h5py.File(path, "w") as file:
        file["a\x1b[31m/vars/0"] = np.ones(2)
    editor = KerasFileEditor(path)
    editor.summary()
    editor.compare(nested_dense())
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_as_before(editor, tmp_path):
    path = tmp_path / "m.weights.h5"
    before = path.read_bytes()
    editor.weights_dict["layers"]["dense"]["0"] = object()
    with pytest.raises(Exception, match=re.compile("object", re.IGNORECASE)):
        editor.save(path)
    assert path.read_bytes() == before
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FileNotFoundError, match="no folder"):
            KerasFileEditor(path).save(tmp_path / "none" / "m.weights.h5")
