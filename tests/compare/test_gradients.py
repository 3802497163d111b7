"""`compare gradients` checks a layer that was written for Keras, in Keras's process."""

import json

import pytest

from compare.cli.main import main

FILE = """
import keras
from keras import ops

class Right(keras.layers.Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")

    def call(self, x):
        return ops.tanh(ops.matmul(x, self.w))

@ops.custom_gradient
def doubled(x):
    return 2 * x, lambda *args, upstream=None: args[-1] if upstream is None else upstream

class Wrong(Right):
    def call(self, x):
        return doubled(super().call(x))
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(FILE)
    return path


@pytest.mark.keras
def test_a_right_layer_holds(file, tmp_path, capsys):
    found = tmp_path / "found.json"
    arguments = ["--settings", '{"units": 3}', "--input-shape", "4,5", "--json", str(found)]
    assert main(["gradients", f"{file}:Right", *arguments]) == 0
    rows = json.loads(found.read_text())["results"]
    assert [row["name"] for row in rows] == ["input 0", "variable right/w"]
    assert all(row["float64"] < 1e-8 and row["float32"] < 1e-5 for row in rows)


@pytest.mark.keras
def test_a_wrong_layer_is_diagnosed(file, capsys):
    assert main(["gradients", f"{file}:Wrong"]) == 1
    printed = capsys.readouterr().out
    assert "0.5 times the right one" in printed
    assert "wrong" in printed


def test_bad_arguments_have_a_sentence(file, capsys):
    for arguments, sentence in (
        (["nothing"], "not of the form FILE.py:NAME"),
        (["nowhere.py:Layer"], "there is no file"),
        ([f"{file}:Right", "--settings", "3"], "must be an object"),
        ([f"{file}:Right", "--input-shape", "a,b"], "must look like"),
    ):
        assert main(["gradients", *arguments]) == 1
        assert sentence in " ".join(capsys.readouterr().err.split())
