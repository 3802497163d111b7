"""Tests of `compare conformance`, with test files written in the style of Keras's."""

import hashlib
import json

import pytest

from compare import conformance
from compare.cli.main import main
from compare.cli.outcome import CannotCompare
from compare.conformance import archive, known_failures, runner
from compare.conformance.runner import run_file

LIKE_KERAS = """
from unittest import mock

import pytest
from conftest import skip_if_backend
from keras.src import backend, layers, ops
from keras.src.backend.common.keras_tensor import KerasTensor
from keras.src.quantizers.quantizers import AbsMaxQuantizer
from keras.src.utils import io_utils


def test_passes():
    assert layers.Dense(2).units == 2
    assert isinstance(layers.Input((2,)), KerasTensor)
    assert backend.backend() in ("numba", "numpy")


def test_fails():
    assert ops.sum([1.0, 2.0]) == 4


def test_uses_what_is_missing():
    AbsMaxQuantizer(axis=0)


def test_skips():
    pytest.skip("no reason")


@skip_if_backend("numba", "not there")
def test_skips_by_backend():
    raise AssertionError


def test_patches_minicnn():
    import minicnn.common.printing

    with mock.patch("keras.src.utils.io_utils.print_msg") as patched:
        minicnn.common.printing.print_msg("x")
    patched.assert_called_once()
"""


@pytest.fixture(autouse=True)
def nothing_is_preloaded(monkeypatch):
    """TensorFlow is not needed here, and slow to import."""
    monkeypatch.setattr(runner, "PRELOADED", ())


@pytest.fixture
def source(tmp_path):
    """A folder like Keras's `keras/src`."""
    folder = tmp_path / "keras" / "src"
    for module in ("quantizers/quantizers.py", "common/printing.py", "layers/x.py"):
        (folder / module).parent.mkdir(parents=True, exist_ok=True)
        for file in (folder / module, (folder / module).with_name("__init__.py")):
            file.write_text("raise ImportError('Keras itself must stay unread')")
    return folder


def run(source, text, tmp_path):
    (source / "layers" / "thing_test.py").write_text(text)
    return {f.test: f for f in run_file(source, "layers/thing_test.py", tmp_path)}


def test_outcomes(source, tmp_path):
    found = run(source, LIKE_KERAS, tmp_path)
    assert {test: f.outcome for test, f in found.items()} == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_uses_what_is_missing": "failed",
        "test_skips": "skipped",
        "test_skips_by_backend": "skipped",
        "test_patches_minicnn": "passed",
    }
    assert "AbsMaxQuantizer is not in minicnn" in found["test_uses_what_is_missing"].why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise RuntimeError('cannot be read')", "cannot be read"),
        ("import os\ndef test_dies():\n    os._exit(9)", "the process ended with code 9"),
    ],
)
def test_a_file_that_fails_as_a_whole(source, tmp_path, text, why):
    found = run(source, text, tmp_path)
    assert found["(the whole file)"].outcome == "failed"
    assert why in found["(the whole file)"].why


KNOWN = {
    "reasons": {"missing": {"text": "It does not exist yet.", "matches": "is not in minicnn"}},
    "files": {
        "layers/thing_test.py": {
            "passed": 2,
            "skipped": 2,
            "failures": {"missing": ["test_uses_what_is_missing", "test_passes"]},
        }
    },
}


def test_known_and_unknown_failures_are_distinguished(source, tmp_path):
    found = list(run(source, LIKE_KERAS, tmp_path).values())
    result = known_failures.result(KNOWN, "layers/thing_test.py", found)
    assert (result.passed, len(result.failed), result.skipped) == (2, 2, 2)
    assert result.unexpected == ["test_fails"]
    assert result.passes_now == ["test_passes"]
    assert result.vanished == 0
    assert known_failures.result(KNOWN, "layers/thing_test.py", found[:4]).vanished == 2
    assert (
        known_failures.result(KNOWN, "layers/thing_test.py", found[:4], whole=False).vanished == 0
    )


def test_the_command(source, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(known_failures, "FILE", tmp_path / "known_failures.json")
    known_failures.FILE.write_text(json.dumps(KNOWN))
    (source / "layers" / "thing_test.py").write_text(LIKE_KERAS)
    command = ["conformance", "--source", str(tmp_path)]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "1 tests fail that are not known failures, in layers/thing_test.py." in " ".join(
        said.err.split()
    )
    assert "layers/thing_test.py::test_passes  passes now" in said.out
    assert "layers/thing_test.py::test_fails   fails" in said.out
    assert next(x.split() for x in said.out.splitlines() if "not exist yet" in x)[0] == "1"

    assert main([*command, "--record"]) == 1
    assert "no reason is known for layers/thing_test.py::test_fails." in " ".join(
        capsys.readouterr().err.split()
    )
    recorded = json.loads(known_failures.FILE.read_text())
    failures = recorded["files"]["layers/thing_test.py"]["failures"]
    assert failures == {
        "missing": ["test_uses_what_is_missing"],
        known_failures.UNEXPLAINED: ["test_fails"],
    }

    recorded["reasons"]["wrong"] = {"text": "It is wrong.", "matches": None}
    failures["wrong"] = failures.pop(known_failures.UNEXPLAINED)
    known_failures.FILE.write_text(json.dumps(recorded))
    assert main([*command, "--record"]) == 0
    assert main(command) == 0
    assert json.loads(known_failures.FILE.read_text())["files"] == recorded["files"]


def test_tests_chosen_by_name(source, tmp_path, monkeypatch):
    monkeypatch.setattr(known_failures, "FILE", tmp_path / "known_failures.json")
    (source / "layers" / "thing_test.py").write_text(LIKE_KERAS)
    (tmp_path / "tests.json").write_text('["layers/thing_test.py::test_passes"]')
    command = ["conformance", "layers", "--source", str(tmp_path)]
    assert main([*command, "--tests", str(tmp_path / "tests.json")]) == 0
    assert main([*command, "--tests", str(tmp_path / "none.json")]) == 1
    assert main(["conformance", "elsewhere", "--source", str(tmp_path)]) == 1


def test_another_archive_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "CACHE", tmp_path)
    file = tmp_path / f"keras-{archive.VERSION}.tar.gz"
    file.write_bytes(b"something else")
    assert hashlib.sha256(b"something else").hexdigest() != archive.SHA256
    with pytest.raises(CannotCompare, match="was not the archive"):
        archive.keras_source()
    assert not file.exists()


def test_a_folder_without_keras_is_rejected(tmp_path):
    with pytest.raises(CannotCompare, match="there is no keras/src in"):
        archive.keras_source(str(tmp_path))


def test_each_known_failure_has_a_reason_that_is_a_sentence():
    known = known_failures.read()
    assert known["files"]
    assert all(r["text"][:1].isupper() and r["text"][-1] == "." for r in known["reasons"].values())
    used = {key for file in known["files"].values() for key in file["failures"]}
    assert used == set(known["reasons"])


def test_the_quick_files_are_recorded():
    files = known_failures.read()["files"]
    assert all(any(file.startswith(name) for file in files) for name in conformance.QUICK)
