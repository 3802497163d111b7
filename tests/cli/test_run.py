"""Programs run by `minicnn run`, and the same programs run by Python on real Keras."""

import json
import math
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


def run(file, *arguments, folder, **settings):
    command = [sys.executable, "-m", "minicnn", "run", str(file), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **settings)


def run_text(text, folder, *arguments):
    """Run a program of these lines; it is called program.py."""
    (folder / "program.py").write_text(text)
    return run("program.py", *arguments, folder=folder)


def last_line(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def assert_close(found, expected, path=""):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), path
        for key in expected:
            assert_close(found[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), path
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_close(one, other, f"{path}/{i}")
    elif isinstance(expected, float):
        assert math.isclose(found, expected, rel_tol=1e-4, abs_tol=1e-5), (path, found, expected)
    else:
        assert found == expected, path


@pytest.mark.parametrize("name", ["branches", "tensorflow_spelling", "own_parts", "time_series"])
def test_a_program_finds_what_it_finds_on_keras(name, keras, tmp_path, monkeypatch, capsys):
    program = PROGRAMS / f"{name}.py"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(program)])
    keras.backend.clear_session()  # names count from one again
    runpy.run_path(str(program), run_name="__main__")
    expected = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert_close(last_line(run(program, folder=tmp_path)), expected)


def test_a_program_sees_what_python_would_show_it(tmp_path):
    program = PROGRAMS / "as_python_does.py"
    arguments = ["3", "--help", "-x", "--", "a b"]
    found = run(program, *arguments, folder=tmp_path)
    expected = subprocess.run(
        [sys.executable, program, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert found.returncode == expected.returncode == 3
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr == ""


NAMES = """
import json
import keras, tensorflow as tf, minicnn
import keras.losses
import keras.utils.numerical_utils
import tensorflow.keras.layers as layers
from keras.layers import Dense
from tensorflow import keras as second
from tensorflow.keras import metrics
from tensorflow.random import set_seed
print(json.dumps([
    keras.layers is layers is minicnn.layers,
    keras.losses is minicnn.losses,
    keras.utils.numerical_utils is minicnn.utils.numerical_utils,
    Dense is minicnn.layers.Dense,
    second is keras is tf.keras,
    metrics is minicnn.metrics,
    set_seed is tf.random.set_seed,
    keras.Model is minicnn.Model,
    keras.__version__.startswith("3."),
    tf.__version__.startswith("2."),
    keras.layers.__name__ == keras.layers.__spec__.name == "minicnn.layers",
    "Sequential" in dir(keras),
]))
"""


def test_every_spelling_is_minicnn_itself(tmp_path):
    assert all(last_line(run_text(NAMES, tmp_path)))


SEEDS = """
import json, random
import numpy as np, tensorflow as tf
np.random.seed(1)
before = np.random.get_state()[1].tolist()
def weights():
    tf.random.set_seed(4)
    return tf.keras.layers.Dense(3).build((2, 5)), tf.keras.random.normal((4,)).numpy().tolist()
print(json.dumps([weights() == weights(), before == np.random.get_state()[1].tolist()]))
"""


DATA = """
import numpy as np, tensorflow as tf
from tensorflow.data import AUTOTUNE, Dataset
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.utils import load_img, timeseries_dataset_from_array

x, y = np.ones((12, 3), "float32"), np.arange(12) % 2
data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(12).batch(4)
data = data.map(lambda a, b: (a * 2, b), num_parallel_calls=tf.data.AUTOTUNE).prefetch(AUTOTUNE)
model = tf.keras.Sequential([tf.keras.layers.Dense(2, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(data.cache(), epochs=2, verbose=0)
spec = tf.TensorSpec(shape=(None, 3), dtype="float32")
more = Dataset.from_generator(lambda: [x], output_signature=spec)
print(
    data.cardinality().numpy(),
    tf.data.experimental.cardinality(more).numpy() == tf.data.UNKNOWN_CARDINALITY,
    tf.data.experimental.AUTOTUNE == AUTOTUNE,
    model.predict(more, verbose=0).shape,
    pad_sequences([[1], [2, 3]]).tolist(),
    len(timeseries_dataset_from_array(x, None, 4)),
)
"""


def test_tf_data_is_bound(tmp_path):
    result = run_text(DATA, tmp_path)
    assert result.stdout.strip() == "3 True True (12, 2) [[0, 1], [2, 3]] 1", result.stderr


def test_tf_random_set_seed_seeds_minicnn_and_leaves_numpy_alone(tmp_path):
    assert all(last_line(run_text(SEEDS, tmp_path)))


@pytest.mark.parametrize(
    ("line", "name", "kind", "nearest"),
    [
        ("tf.reduce_sun([1.0])", "tensorflow.reduce_sun", "AttributeError", "tf.reduce_sum"),
        ("tf.math.hypot(3.0, 4.0)", "tensorflow.math.hypot", "AttributeError", "keras.ops.hypot"),
        ("tf.saved_model.save(1, 'x')", "tensorflow.saved_model", "AttributeError", "keras.Model"),
        (
            "from tensorflow import lookup",
            "tensorflow.lookup",
            "ModuleNotFoundError",
            "keras.layer",
        ),
        (
            "import tensorflow.compat.v1 as v1",
            "tensorflow.compat",
            "ModuleNotFoundError",
            "the same",
        ),
        ("from tensorflow.python import ops", "tensorflow.python", "ModuleNotFoundError", ""),
    ],
)
def test_other_names_of_tensorflow_are_named_with_the_line(line, name, kind, nearest, tmp_path):
    result = run_text(f"import tensorflow as tf\n\ndef f():\n    {line}\n\nf()\n", tmp_path)
    program = tmp_path / "program.py"
    assert result.returncode == 1
    assert f"{kind}: {program}:4 uses {name}, which minicnn does not have." in result.stderr
    assert not nearest or f" The nearest here is {nearest}" in result.stderr
    assert result.stderr.splitlines()[1:5:2] == [
        f'  File "{program}", line 6, in <module>',
        f'  File "{program}", line 4, in f',
    ]
    assert "/minicnn/cli/" not in result.stderr
    assert "importlib" not in result.stderr


@pytest.mark.parametrize("line", ["keras.applications", "import keras.applications"])
def test_what_minicnn_lacks_is_named_with_the_line(line, tmp_path):
    result = run_text(f"import keras\n{line}\n", tmp_path)
    message = f"{tmp_path / 'program.py'}:2 uses keras.applications, which minicnn does not have."
    assert f"{message} The nearest here is minicnn.saving.load_model" in result.stderr


def test_a_layer_that_only_keras_has_is_called_so_however_it_is_imported(tmp_path):
    result = run_text("from tensorflow.keras.layers import TextVectorization\n", tmp_path)
    assert "is a layer of Keras that minicnn does not have" in result.stderr


def test_a_module_beside_the_program_that_asks_is_the_place_named(tmp_path):
    (tmp_path / "helper.py").write_text("import tensorflow as tf\n\ntf.zeroes(3)\n")
    result = run_text("import helper", tmp_path)
    assert f"{tmp_path / 'helper.py'}:3 uses tensorflow.zeroes" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    1 / 0\n\nf()\n",
        "try:\n    {}['a']\nexcept KeyError:\n    raise ValueError('b')\n",
        "x = (\n",
        "import no_such_module\n",
        "import sys\nsys.exit('goodbye')\n",
        "import sys\nsys.exit(5)\n",
    ],
)
def test_errors_and_exit_codes_look_as_from_python(text, tmp_path):
    found = run_text(text, tmp_path)
    program = tmp_path / "program.py"
    expected = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert found.stderr == expected.stderr
    assert found.returncode == expected.returncode != 0


def test_ctrl_c_ends_the_program_as_it_ends_python(tmp_path, ctrl_c_works):
    result = run_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nx = 1\n", tmp_path)
    assert result.returncode in (-signal.SIGINT, 128 + signal.SIGINT)
    assert result.stderr.splitlines()[-1] == "KeyboardInterrupt"
    assert "/minicnn/cli/" not in result.stderr


def test_a_missing_program_is_one_sentence(tmp_path):
    result = run("none.py", folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr == "minicnn run: cannot open none.py: No such file or directory.\n"


def test_losses_and_metrics_written_with_the_functions_of_keras_2(tmp_path):
    program = """
import numpy as np
import tensorflow.keras.backend as K
from tensorflow import keras
from keras import backend

def dice(y_true, y_pred):
    a, b = K.flatten(y_true), K.flatten(y_pred)
    return (2 * K.sum(a * b) + K.epsilon()) / (K.sum(a) + K.sum(b) + K.epsilon())

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="sigmoid")])
model.compile("sgd", lambda y_true, y_pred: 1 - dice(y_true, y_pred), metrics=[dice])
model.fit(np.ones((8, 3)), np.eye(2)[[0, 1] * 4], verbose=0)
print(backend is K is keras.backend, round(float(K.get_value(model.optimizer.learning_rate)), 3))
"""
    result = run_text(program, tmp_path)
    assert result.stdout.split() == ["True", "0.01"], result.stderr
