import re
import signal
import subprocess
import sys

import numpy as np
import pytest

import minicnn
from minicnn.cli import main, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short training as a user starts it: its result, and the folder of its files."""
    folder = tmp_path_factory.mktemp("trained")
    command = [sys.executable, "-m", "minicnn", "train", "--limit", "600", "--epochs", "2"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder), folder


def test_training_ends_well_and_says_where_its_files_are(trained):
    result, folder = trained
    assert result.returncode == 0, result.stderr
    files = ["learning_curves.png", "model.keras", "predictions.png"]
    assert sorted(path.name for path in (folder / "runs/mnist").iterdir()) == files
    assert all(f"runs/mnist/{file}" in result.stdout for file in files)
    assert "Epoch 2/2" in result.stdout
    assert "600 images to learn from, 600 to test with" in result.stdout


def test_the_model_learns_and_the_accuracy_is_that_of_the_saved_model(trained):
    result, folder = trained
    said = re.search(r"Test accuracy: ([\d.]+)% \(loss [\d.]+, (\d+) of 600 images", result.stdout)
    model = minicnn.saving.load_model(folder / "runs/mnist/model.keras")
    _, test = train.load("mnist", 600)
    answers = model.predict(test.pixels, verbose=0).argmax(-1)
    wrong = int((answers != test.labels).sum())
    assert int(said[2]) == wrong
    assert float(said[1]) == pytest.approx(100 * (1 - wrong / 600), abs=0.01)
    assert float(said[1]) > 40


def test_the_model_is_the_convnet_asked_for():
    model = train.build(steps=10)
    shapes = [(type(layer).__name__, layer.output.shape[1:]) for layer in model.layers]
    assert shapes == [
        ("Conv2D", (26, 26, 32)),
        ("MaxPooling2D", (13, 13, 32)),
        ("Conv2D", (11, 11, 64)),
        ("MaxPooling2D", (5, 5, 64)),
        ("Flatten", (1600,)),
        ("Dropout", (1600,)),
        ("Dense", (10,)),
    ]
    assert model.count_params() == 34_826
    assert isinstance(model.optimizer, minicnn.optimizers.Adam)


def test_images_are_scaled_and_limited():
    training, test = train.load("mnist", 30)
    assert training.pixels.shape == test.pixels.shape == (30, 28, 28, 1)
    assert training.pixels.dtype == np.float32
    assert (training.pixels.min(), training.pixels.max()) == (0, 1)
    assert training.labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_the_same_seed_gives_the_same_model(tmp_path):
    def weights(seed):
        folder = tmp_path / f"{seed}"
        arguments = ["--limit", "200", "--epochs", "1", "--seed", seed, "--output", str(folder)]
        assert main(["train", *arguments]) == 0
        return minicnn.saving.load_model(folder / "model.keras").get_weights()

    first, again, other = weights("3"), weights("3"), weights("4")
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_ctrl_c_keeps_the_weights_of_the_last_whole_step(tmp_path, ctrl_c_works):
    command = [sys.executable, "-m", "minicnn", "train", "--limit", "1000", "--epochs", "99"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        for line in process.stdout:
            if "Epoch 2/99" in line:
                break
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    assert process.returncode == 130
    done = int(re.search(r"The model after (\d+) of 792 steps is in", output)[1])
    assert output.endswith("Interrupted.\n")
    assert [path.name for path in (tmp_path / "runs/mnist").iterdir()] == ["model.keras"]
    model = minicnn.saving.load_model(tmp_path / "runs/mnist/model.keras")
    assert int(model.optimizer.iterations.numpy()) == done >= 8


@pytest.mark.parametrize("argument", ["--epochs=0", "--limit=-3", "--batch-size=x", "--dataset=x"])
def test_wrong_arguments_are_refused(argument, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", argument])
    assert argument.split("=")[0] in capsys.readouterr().err


def test_missing_data_is_one_sentence(tmp_path, monkeypatch, capsys):
    def no_data():
        raise FileNotFoundError("it is not here")

    monkeypatch.setattr(minicnn.datasets.fashion_mnist, "load_data", no_data)
    assert main(["train", "--dataset", "fashion-mnist", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "minicnn train: it is not here\n"


def test_without_matplotlib_there_is_a_model_and_a_sentence(tmp_path, monkeypatch, capsys):
    find = train.importlib.util.find_spec
    monkeypatch.setattr(
        train.importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    assert main(["train", "--limit=64", "--epochs=1", "--output", str(tmp_path)]) == 0
    assert "pip install 'minicnn[plots]'" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
