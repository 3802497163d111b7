"""Without Numba everything works on the NumPy backend, after one line that says so."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HIDE = """
import sys
class Hidden:
    names = {names!r}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""
ALL = ("numba", "llvmlite", "threadpoolctl")

WORK = """
import numpy as np
import minicnn as keras
keras.utils.set_random_seed(1)
model = keras.Sequential([
    keras.Input((8, 8, 1)),
    keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
    keras.layers.BatchNormalization(),
    keras.layers.MaxPooling2D(),
    keras.layers.SeparableConv2D(4, 3),
    keras.layers.Flatten(),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
x = np.random.default_rng(0).normal(size=(24, 8, 8, 1)).astype("float32")
y = np.arange(24) % 3
history = model.fit(x, y, epochs=8, batch_size=8, verbose=0)
losses = history.history["loss"]
assert losses[-1] < losses[0], losses
model.evaluate(x, y, verbose=0)
model.save("m.keras")
again = keras.saving.load_model("m.keras")
np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
again.fit(x, y, verbose=0)
keras.config.set_threads(2)
assert keras.config.backend() == "numpy"
assert not {"numba", "llvmlite", "threadpoolctl"} & set(sys.modules)
"""


def run(code, folder, hidden=ALL, **environment):
    """What a program says where some modules cannot be found: exit code, output, errors."""
    given = {name: value for name, value in os.environ.items() if name != "MINICNN_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", HIDE.format(names=hidden) + code],
        cwd=folder,
        env={**given, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "hidden", [ALL, ("numba",), ("llvmlite",), ("threadpoolctl",)], ids="-".join
)
def test_everything_works_and_one_line_says_what_is_missing(tmp_path, hidden):
    code, output, errors = run(
        WORK
        if hidden == ALL
        else "import minicnn; minicnn.ops.ones(3) + 1; minicnn.ops.exp(minicnn.ops.ones(3))",
        tmp_path,
        hidden,
    )
    assert (code, output) == (0, ""), errors
    (line,) = errors.splitlines()
    wanted = {"llvmlite": "numba"}.get(hidden[0], hidden[0])
    assert "NumPy computes" in line and "slower" in line and f"pip install {wanted}" in line


def test_with_numba_nothing_is_said(tmp_path):
    code = "import minicnn; minicnn.ops.ones(3); assert minicnn.config.backend() == 'numba'"
    assert run(code, tmp_path, hidden=()) == (0, "", "")


@pytest.mark.parametrize("environment", [{}, {"MINICNN_BACKEND": "numpy"}])
def test_numpy_by_name_says_nothing(tmp_path, environment):
    code = "import minicnn; minicnn.config.set_backend('numpy'); minicnn.ops.ones(3) + 1"
    assert run(code, tmp_path, **environment) == (0, "", "")


def test_the_import_alone_says_nothing(tmp_path):
    assert run("import minicnn; minicnn.layers; minicnn.Model", tmp_path) == (0, "", "")


def test_without_interactive_logging_it_is_logged(tmp_path):
    code = (
        "import logging, minicnn; logging.basicConfig(format='LOG %(message)s');"
        "minicnn.config.disable_interactive_logging(); minicnn.ops.ones(3) + 1"
    )
    code, output, errors = run(code, tmp_path)
    assert (code, output) == (0, "")
    assert errors.startswith("LOG minicnn: numba") and errors.count("\n") == 1


@pytest.mark.parametrize(
    ("program", "environment"),
    [
        ("minicnn.config.set_backend('numba')", {}),
        ("minicnn.ops.ones(3) + 1", {"MINICNN_BACKEND": "numba"}),
        ("minicnn.config.backend()", {"MINICNN_BACKEND": "numba"}),
    ],
)
def test_numba_by_name_is_an_error(tmp_path, program, environment):
    code, _, errors = run(f"import minicnn; {program}", tmp_path, **environment)
    last = errors.splitlines()[-1]
    assert code == 1
    assert last.startswith("ImportError: The backend 'numba' needs numba and threadpoolctl")
    assert "pip install numba threadpoolctl" in last


def test_a_backend_that_is_refused_changes_nothing(tmp_path):
    code = (
        "import minicnn\n"
        "try: minicnn.config.set_backend('numba')\n"
        "except ImportError: pass\n"
        "assert minicnn.config.backend() == 'numpy'; minicnn.ops.ones(3) + 1"
    )
    code, _, errors = run(code, tmp_path)
    assert code == 0 and errors.count("\n") == 1, errors


@pytest.mark.parametrize("command", [["train", "--limit", "10"], ["run", "missing.py"]])
@pytest.mark.parametrize("name", ["numba", "nonsense"])
def test_the_command_says_it_without_a_traceback(tmp_path, command, name):
    code = f"from minicnn.cli import main; sys.exit(main({command!r}))"
    code, _, errors = run(code, tmp_path, MINICNN_BACKEND=name)
    wanted = {"numba": "pip install numba", "nonsense": "Unknown backend 'nonsense'"}[name]
    assert code == 2 and errors.startswith("minicnn: ") and wanted in errors
    assert errors.count("\n") == 1


def test_browsers_do_not_have_to_install_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for package in ("numba", "threadpoolctl"):
        (line,) = [line for line in project["dependencies"] if line.startswith(package)]
        assert line.endswith("; sys_platform != 'emscripten'")
