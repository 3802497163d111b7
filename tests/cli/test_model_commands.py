"""`minicnn summary`, `profile` and `show`: tables of saved models, and one line for bad input."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import minicnn
from minicnn import analysis, layers
from minicnn.cli import images, main
from minicnn.common.printing import printable
from minicnn.saving.file_contents import file_contents

COMMANDS = ("summary", "profile", "show")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models and images of several kinds."""
    folder = tmp_path_factory.mktemp("models")
    minicnn.utils.set_random_seed(0)
    inner = minicnn.Sequential(
        [minicnn.Input((8, 6, 4)), layers.DepthwiseConv2D(3, name="deep")], name="inner"
    )
    head = [layers.GlobalAveragePooling2D(), layers.Dense(5, activation="softmax", name="classes")]
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")
    grey = minicnn.Sequential([minicnn.Input((8, 6, 1)), first, inner, *head], name="net")
    grey.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    grey.save(folder / "grey.keras")
    colour = minicnn.Input((8, 6, 3))
    branch = layers.Conv2D(3, 3, padding="same")(colour)
    both = layers.Flatten()(layers.Add()([colour, branch]))
    minicnn.Model(colour, layers.Dense(2)(both), name="colour").save(folder / "colour.keras")
    scaled = [minicnn.Input((8, 6)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3)]
    minicnn.Sequential(scaled).save(folder / "scaled.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6), dtype="uint8")
    np.save(folder / "grey.npy", pixels)
    np.save(folder / "floats.npy", (pixels / 255).astype("float32"))
    np.save(folder / "large.npy", np.zeros((16, 12), "uint8"))
    (folder / "text.npy").write_text("no array")
    (folder / "text.png").write_text("no picture")
    (folder / "text.keras").write_text("no model")
    whole = (folder / "grey.keras").read_bytes()
    (folder / "cut.keras").write_bytes(whole[: len(whole) // 2])
    _replace_class(folder / "grey.keras", folder / "odd.keras", "DepthwiseConv2D", "Od\x1b[31md")
    return folder


def _replace_class(source, target, before, after):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                text = content.decode().replace(f'"{before}"', json.dumps(after))
                content = text.encode()
            new.writestr(name, content)


@pytest.fixture
def run(folder, capsys):
    """Runs a command: its exit code, output and errors."""

    def run(*arguments):
        words = [str(folder / a) if "." in a and (folder / a).exists() else a for a in arguments]
        code = main(words)
        return code, *capsys.readouterr()

    return run


def options(**settings):
    return type("Options", (), {"resize": False, "pixels": "auto", **settings})


def test_summary_has_the_columns_asked_for(run):
    columns = "operations,receptive_field,output_range"
    code, out, _ = run("summary", "grey.keras", "grey.npy", "--columns", columns, "--nested")
    assert code == 0
    row = next(line for line in out.splitlines() if "first (Conv2D)" in line)
    assert "1,728" in row  # 8 · 6 positions, 9 taps, 4 filters
    assert "3 × 3" in row and "0 … " in row
    assert "deep" in out and "Multiply-adds" in out
    assert "deep" not in run("summary", "grey.keras")[1]


@pytest.mark.parametrize("model", ["grey", "colour"])
def test_tables_are_as_wide_as_the_terminal(folder, capsys, model, monkeypatch):
    monkeypatch.chdir(folder)
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        for command in ("summary", "show", "profile"):
            assert main([command, f"{model}.keras"]) == 0
            out = capsys.readouterr().out
            assert max(map(len, out.splitlines())) <= width, (command, out)


def test_profile_with_random_data_and_with_an_image(run):
    code, out, _ = run("profile", "grey.keras", "--batch-size", "4")
    assert code == 0 and "Random data, 4 samples" in out
    assert "first" in out and "inner/deep" in out and "optimizer" in out
    code, out, _ = run("profile", "colour.keras", "--batch-size", "2")
    assert code == 0 and "measured with mean_squared_error" in " ".join(out.split())
    code, out, _ = run("profile", "grey.keras", "grey.npy", "--batch-size", "3")
    assert code == 0 and "3 copies" in out


def test_contents_are_those_of_the_model(folder):
    model = minicnn.saving.load_model(folder / "grey.keras")
    found = file_contents(folder / "grey.keras")
    names = ["first", "inner", "deep", "classes"]
    assert [layer.name for layer in found.layers if layer.name in names] == names
    assert next(layer for layer in found.layers if layer.name == "deep").depth == 1
    stored = {(w.shape, w.mean) for w in found.weights if not w.path.startswith("optimizer")}
    true = {(w.shape, w.numpy().astype("float64").mean()) for w in model.weights}
    assert stored == true
    assert found.metadata["minicnn_version"] == minicnn.__version__


def test_a_file_with_an_unknown_class_is_listed_and_steers_no_terminal(run):
    code, out, _ = run("show", "odd.keras")
    assert code == 0 and "Od�[31md" in out and "\x1b" not in out
    assert "layers/dense/vars/0" in out and "Adam(" in out
    code, _, err = run("summary", "odd.keras")
    assert code == 2 and "minicnn show" in err and err.count("\n") == 1 and "\x1b" not in err


def test_groups_in_a_circle_are_refused(folder, tmp_path):
    h5py = pytest.importorskip("h5py")
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        group = file.create_group("a")
        group["again"] = group
    with (
        zipfile.ZipFile(folder / "grey.keras") as old,
        zipfile.ZipFile(tmp_path / "circle.keras", "w") as new,
    ):
        new.writestr("config.json", old.read("config.json"))
        new.writestr("model.weights.h5", memory.getvalue())
    with pytest.raises(ValueError, match="inside each other"):
        file_contents(tmp_path / "circle.keras")


def test_prediction_is_that_of_the_model(run, folder):
    code, out, _ = run("show", "grey.keras", "grey.npy", "--names", "a,b,c,d,e", "--top", "2")
    assert code == 0
    model = minicnn.saving.load_model(folder / "grey.keras")
    x = (np.load(folder / "grey.npy") / 255).astype("float32")[None, ..., None]
    scores = model.predict(x, verbose=0)[0]
    best = np.argsort(-scores)[:2]
    shown = [line.split() for line in out.splitlines() if "█" in line and "│" not in line]
    assert [row[0] for row in shown] == ["abcde"[i] for i in best]
    assert [float(row[1]) for row in shown] == pytest.approx(scores[best], abs=6e-5)
    assert "and 3 more below" in out and "Grad-CAM at 'inner'" in out and "Saliency" in out
    assert all(name in out for name in analysis.activations(model, x))


def test_what_cannot_be_shown_is_said(run):
    code, out, _ = run("show", "scaled.keras", "grey.npy")
    assert code == 0 and "pixels from 0 to 255, as the model has a Rescaling layer" in " ".join(
        out.split()
    )
    assert "No Grad-CAM: `grad_cam` needs a layer whose output is an image" in out


def test_arrays_of_floats_keep_their_values(folder):
    model = minicnn.saving.load_model(folder / "grey.keras")
    found = images.prepared(model, str(folder / "floats.npy"), options())
    assert np.array_equal(found.x[0, ..., 0], np.load(folder / "floats.npy"))
    assert "values as in the file, " in found.words


def test_pictures_become_what_the_model_takes(folder, tmp_path):
    image = pytest.importorskip("PIL.Image")
    grey = np.load(folder / "grey.npy")
    model = minicnn.saving.load_model(folder / "grey.keras")
    colour = minicnn.saving.load_model(folder / "colour.keras")

    def x(picture, model, **settings):
        picture.save(tmp_path / "picture.png")
        return images.prepared(model, str(tmp_path / "picture.png"), options(**settings)).x

    picture = image.fromarray(grey)
    expected = (grey / 255).astype("float32")
    assert np.array_equal(x(picture, model)[0, ..., 0], expected)
    assert np.array_equal(x(picture, colour)[0], np.stack([expected] * 3, -1))
    assert np.array_equal(x(picture.convert("RGB"), model)[0, ..., 0], expected)
    assert np.array_equal(x(picture, model, pixels="0-255")[0, ..., 0], grey)
    clear = picture.convert("RGBA")
    clear.putalpha(0)
    assert (x(clear, model) == 1).all()  # on white
    deep = image.fromarray(grey.astype("uint16") * 257)
    assert x(deep, model)[0, ..., 0] == pytest.approx(expected, abs=1 / 255)
    assert x(picture.resize((12, 16), 0), model, resize=True).shape == (1, 8, 6, 1)


def test_pictures_are_written(run, folder, tmp_path):
    pytest.importorskip("matplotlib")
    code, out, _ = run("show", "grey.keras", "grey.npy", "--png", str(tmp_path / "png"))
    assert code == 0
    written = {path.name for path in (tmp_path / "png").iterdir()}
    expected = {"filters_first.png", "filters_deep.png", "feature_maps_inner_deep.png"}
    assert expected | {"saliency.png"} <= written
    assert all(name in out for name in written)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("text.keras",), "is not a `.keras` file"),
        (("cut.keras",), "truncated or damaged"),
        (("missing.keras",), "File not found"),
        (("model.h5",), "File not found"),
        (("grey.keras", "large.npy"), "12 × 16 pixels (width × height), but the model 'net' takes"),
        (("grey.keras", "missing.npy"), "missing.npy"),
        (("grey.keras", "text.npy"), "is no array that `numpy.save` wrote"),
        (("colour.keras", "text.png"), "is no image that Pillow can read"),
        (("colour.keras", "missing.png"), "there is no image missing.png"),
        (("colour.keras", "."), "is a folder"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_bad_files_are_one_line(run, command, arguments, sentence):
    if any(a.endswith(("png", ".")) for a in arguments):
        pytest.importorskip("PIL")
    more = ["--columns", "output_range"] if command == "summary" and len(arguments) > 1 else []
    code, _, err = run(command, *arguments, *more)
    assert (code, err.count("\n")) == (2, 1), err
    assert err.startswith(f"minicnn {command}: ") and sentence in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("summary", "grey.keras", "--columns", "operation"), "Did you mean 'operations'?"),
        (("summary", "grey.keras", "--columns", "output_range"), "needs data: give an image"),
        (("show", "grey.keras", "grey.npy", "--names", "a,b"), "--names has 2 names, but"),
        (("show", "grey.keras", "--png", "text.png"), "is a file; give the name of a folder"),
    ],
)
def test_bad_options_are_one_line(run, arguments, sentence):
    code, _, err = run(*arguments)
    assert (code, err.count("\n")) == (2, 1) and sentence in err


def test_without_pillow_a_sentence_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    code, _, err = run("show", "colour.keras", "text.png")
    assert code == 2 and "pip install 'minicnn[images]'" in err


def test_files_stay_as_they_are(run, folder):
    def state():
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}

    before = state()
    for command in COMMANDS:
        run(command, "grey.keras")
        run(command, "odd.keras", "grey.npy")
    assert state() == before


def test_a_reader_that_stops_is_no_error(folder):
    command = [sys.executable, "-m", "minicnn", "show", str(folder / "grey.keras")]
    ends = os.pipe()
    os.close(ends[0])
    result = subprocess.run(command, stdout=ends[1], stderr=subprocess.PIPE, text=True)
    os.close(ends[1])
    assert "Traceback" not in result.stderr and "Exception ignored" not in result.stderr


def test_characters_that_steer_a_terminal_are_replaced():
    assert printable("a\x1b[31m\nb…é") == "a�[31m�b…é"


@pytest.mark.keras
def test_files_of_weights_and_older_files_are_listed(keras, run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="deep")], name="in")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="first"), inner])
    model.save_weights(tmp_path / "m.weights.h5")
    code, out, _ = run("show", str(tmp_path / "m.weights.h5"))
    assert code == 0 and "layers/sequential/layers/dense/vars/1" in out and "first" in out
    assert "weights, without a model" in out and "23 numbers of the model, 0" in out
    model.compile("adam", "mse", metrics=["mae"], run_eagerly=True)
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
    model.save(tmp_path / "m.h5")
    code, out, _ = run("show", str(tmp_path / "m.h5"))
    assert code == 0 and f"written by Keras {keras.__version__}" in out and "Adam(" in out
    lines = out.splitlines()
    assert any("deep" in line and "Dense" in line and "units=2" in line for line in lines)
    kernel = next(line for line in lines if "model_weights/first/" in line and "kernel" in line)
    assert kernel.split()[1] == "first" and "(4, 3)" in kernel
    assert "23 numbers of the model, 48 of the optimizer" in out
    found = {w.path.rpartition("/")[2]: w.mean for w in file_contents(tmp_path / "m.h5").weights}
    assert found["bias"] == pytest.approx(float(np.mean(inner.layers[0].bias)))
    assert run("summary", str(tmp_path / "m.h5"))[0] == 0
    code, _, err = run("show", str(tmp_path / "m.weights.h5"), "grey.npy")
    assert code == 2 and "holds no model" in err and err.count("\n") == 1
    whole = (tmp_path / "m.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    code, _, err = run("show", str(tmp_path / "cut.h5"))
    assert code == 2 and err.count("\n") == 1
