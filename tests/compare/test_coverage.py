"""Tests of `compare coverage`: what is missing is found, and what the list names exists."""

import ast
import json

import numpy as np
import pytest

from compare import coverage
from compare.coverage import lines, pieces
from compare.coverage.unreached import BOTH, NOT_CUT, PARITY, TESTS, UNREACHED, Unreached
from minicnn import config
from minicnn.backend.numba import activations, arithmetic

SOURCE = "def f(x):\n    if x:\n        return 1\n    return 2\n"


@pytest.fixture
def report(tmp_path, monkeypatch):
    """A report of coverage.py, in which `if x` was always true."""
    folder = tmp_path / "minicnn/backend/numba"
    folder.mkdir(parents=True)
    (folder / "file.py").write_text(SOURCE)
    region = {"missing_lines": [4], "missing_branches": [[2, 4]]}
    summary = {
        "num_statements": 4,
        "covered_lines": 3,
        "num_branches": 2,
        "covered_branches": 1,
    }
    content = {"functions": {"f": region}, "summary": summary}
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"files": {"minicnn/backend/numba/file.py": content}}))
    monkeypatch.chdir(tmp_path)
    return file


def test_missing_lines_and_branches_are_found(report):
    (found,) = lines.read(report)
    assert (found.file, found.lines, found.lines_run) == ("file.py", 4, 3)
    assert [str(each) for each in found.missing] == [
        "file.py:2  if x:  (never went on to line 4)",
        "file.py:4  return 2",
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Unreached("file.py", "f", "", BOTH, "why"), [True, True]),
        (Unreached("", "", "return 2", BOTH, "why"), [False, True]),
        (Unreached("file.py", "g", "", BOTH, "why"), [False, False]),
        (Unreached("file.py", "f", "", (TESTS,), "why"), [False, False]),
    ],
)
def test_what_the_list_names(report, entry, expected, monkeypatch):
    monkeypatch.setattr(lines, "UNREACHED", (entry,))
    (found,) = lines.read(report)
    assert [lines.listed(each, PARITY) for each in found.missing] == expected
    stale = lines.unneeded({PARITY: found.missing})
    assert bool(stale) == (PARITY in entry.by and not any(expected))


def test_every_entry_names_functions_and_text_that_exist():
    sources = {
        str(path.relative_to(pieces.FOLDER)): path.read_text()
        for path in pieces.FOLDER.rglob("*.py")
    }
    for entry in UNREACHED:
        texts = [text for file, text in sources.items() if file.startswith(entry.file)]
        assert any(entry.text in text for text in texts)
        names = {name for text in texts for name in _functions(ast.parse(text), "")}
        assert not entry.function or entry.function in names
        assert entry.reason
    assert set(NOT_CUT) <= {*pieces.kernels(), *pieces.cutting_functions()}


def _functions(node, inside):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            yield inside + child.name
            yield from _functions(child, f"{inside}{child.name}.")


def test_pieces_are_counted():
    x = np.ones((83, 1001), "float32")
    for threads in (1, 2):
        config.set_threads(threads)
        with pieces.recorded() as record:
            activations.relu(x[:3])
            assert record.kernels == {"activations.py:_relu": 1}
            activations.relu(x)
            arithmetic.add(x, x)
        assert record.kernels["activations.py:_relu"] == 5
        assert record.functions == {
            "activations.py:_activated": 5,
            "arithmetic.py:_combine_flat": 5,
        }
    config.set_threads(None)
    activations.relu(np.ones((103, 1001), "float32"))
    assert record.kernels["activations.py:_relu"] == 5


def test_few_pieces_are_wrong_unless_they_are_listed():
    name = next(iter(NOT_CUT))
    assert list(coverage._wrong_pieces("a.py:f", 5, 16)) == []
    (wrong,) = coverage._wrong_pieces("a.py:f", 4, 16)
    assert wrong == "not cut into more than 4 pieces by parity: a.py:f"
    assert list(coverage._wrong_pieces(name, 1, 1)) == []
    assert len(list(coverage._wrong_pieces(name, 5, 5))) == 2
