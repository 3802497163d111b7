"""Examples in docstrings outside the library are run: those of `compare` and `benchmarks`.

Pytest collects those of `minicnn` itself; it would import all of `compare` for this, with Keras.
"""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    str(file.relative_to(ROOT))
    for folder in ("compare", "benchmarks")
    for file in (ROOT / folder).rglob("*.py")
    if ">>> " in file.read_text()
)


@pytest.mark.parametrize("file", FILES)
def test_the_examples_of_a_file_are_right(file):
    if file == "compare/gradients/__init__.py":
        pytest.importorskip("keras")
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert found.attempted and not found.failed
