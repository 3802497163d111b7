"""The README says truly which names of Keras minicnn lacks."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import minicnn
from minicnn.common.keras_names import keras_names

README = (Path(minicnn.__file__).parents[1] / "README.md").read_text()
TABLE = README.partition("### What is there, and what is not")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| `(keras[\w.]*)` \| (.*) \|$", TABLE, re.MULTILINE))
"""The second cell of a row, which names what is not there, by the module in its first."""


def _module(name: str):
    try:
        return importlib.import_module(f"minicnn.{name}".rstrip("."))
    except ImportError:
        return None


@pytest.mark.parametrize("name", [n for n in keras_names() if _module(n) is not None])
def test_what_is_not_there_is_in_the_table(name):
    missing = {n for n in keras_names()[name] if not hasattr(_module(name), n)}
    told = set(re.findall(r"`(\w+)`", ROWS.get(f"keras.{name}".rstrip("."), "")))
    assert told == missing


def test_the_table_is_about_modules_of_keras():
    assert ROWS
    assert {name.removeprefix("keras").removeprefix(".") for name in ROWS} <= set(keras_names())
