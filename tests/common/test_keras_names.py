"""The list of Keras's names is true, and errors say of a missing name that it is Keras's."""

import importlib
import inspect
import subprocess
import sys
import types
from pathlib import Path

import pytest

import minicnn
from minicnn.common import keras_names

FILE = Path(keras_names.__file__).with_suffix(".txt")
SRC = {"src.ops.core", "src.ops.numpy", "src.ops.nn", "src.ops.math", "src.ops.linalg"}
SRC |= {"src.ops.image"}
"""Inner modules whose classes files of models name."""


def names_of_installed_keras():
    """The text of `keras_names.txt` for the Keras that is installed."""
    import keras

    found = {}

    def walk(module, path):
        names = [name for name in dir(module) if name[0] != "_" and name != "src"]
        found[path] = names
        for name in names:
            member = getattr(module, name)
            if isinstance(member, types.ModuleType) and member.__name__.startswith("keras."):
                walk(member, f"{path}.{name}".lstrip("."))

    walk(keras, "")
    for path in SRC:
        module = importlib.import_module(f"keras.{path}")
        found[path] = [
            name
            for name, member in vars(module).items()
            if inspect.isclass(member) and member.__module__ == module.__name__
        ]
    return "".join(f"{path}: {' '.join(sorted(found[path]))}\n" for path in sorted(found))


def test_the_list_is_that_of_the_installed_keras(keras):
    assert FILE.read_text() == names_of_installed_keras(), "python -m tests.common.test_keras_names"


def modules():
    """The modules that Keras and minicnn both have."""
    below = [name for name in keras_names.keras_names() if name and not name.startswith("src")]
    names = [f"minicnn.{name}" for name in sorted(below)]
    return ["minicnn", *(name for name in names if _is_here(name))]


def _is_here(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


@pytest.mark.parametrize("name", modules())
def test_every_module_says_of_a_name_of_keras_that_it_is_keras_s(name):
    module = importlib.import_module(name)
    here = name.removeprefix("minicnn").removeprefix(".")
    missing = [each for each in keras_names.keras_names()[here] if not hasattr(module, each)]
    for each in missing:
        with pytest.raises(AttributeError, match="of Keras that minicnn does not have"):
            getattr(module, each)
    with pytest.raises(AttributeError) as caught:
        _ = module.no_such_name_anywhere
    assert "Keras" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "from minicnn.layers import TextVectorization",
            "ImportError: module 'minicnn.layers' has no attribute 'TextVectorization'. It is a "
            "layer of Keras that minicnn does not have. The nearest here is minicnn.layers.",
        ),
        ("import minicnn.ops as o; o.ctc_decode", "It is an operation of Keras that minicnn does"),
        ("from minicnn.ops.nn import ctc_decode", "ImportError: module 'minicnn.ops.nn' has no"),
        ("from minicnn.regularizers import NoName", "ImportError: cannot import name 'NoName'"),
        ("from minicnn import quantizers", "ImportError: module 'minicnn' has no attribute"),
        ("from minicnn.layers import LSTN", "ImportError: cannot import name 'LSTN'"),
        ("from minicnn.losses import CTC", "It is a loss of Keras that minicnn does not have."),
        ("from minicnn.dtype_policies import GPTQDTypePolicy", "It is a class of Keras that"),
    ],
)
def test_the_sentence_is_shown_however_the_name_is_looked_up(line, sentence):
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert sentence in done.stderr, done.stderr


def test_what_is_suggested_exists():
    for text in keras_names._NEAREST.values():
        found, path = minicnn, text.partition(" ")[0].rstrip(",").split(".")[1:]
        for part in path:
            found = getattr(found, part)


def test_no_suggestion_is_made_for_names_that_are_here():
    modules = {"layers": minicnn.layers, "": minicnn, "utils": minicnn.utils}
    known = keras_names.keras_names()
    for name in keras_names._NEAREST:
        assert not any(name in known[m] and hasattr(modules[m], name) for m in modules), name


if __name__ == "__main__":
    FILE.write_text(names_of_installed_keras())
