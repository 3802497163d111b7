"""The runner of Keras's tests, on a few tests of our own that look like Keras's."""

import hashlib
import json

import pytest

from compare import conformance
from compare.conformance import archive
from compare.conformance.running import run_file
from compare.outcome import CannotCompare

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
    import minicnn.utils.io_utils

    with mock.patch("keras.src.utils.io_utils.print_msg") as patched:
        minicnn.utils.io_utils.print_msg("x")
    patched.assert_called_once()
"""


@pytest.fixture
def source(tmp_path):
    """A folder like Keras's `keras/src`."""
    folder = tmp_path / "keras" / "src"
    for module in ("quantizers/quantizers.py", "utils/io_utils.py", "layers/x.py"):
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


def test_only_failures_that_are_not_known_count(source, tmp_path):
    found = list(run(source, LIKE_KERAS, tmp_path).values())
    known = {"failures": {"test_fails": "a reason"}}
    summed = conformance.summed_up("layers/thing_test.py", found, known)
    assert (summed["passed"], summed["failed"], summed["skipped"], summed["new"]) == (2, 2, 2, 1)


def test_another_archive_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "CACHE", tmp_path)
    file = tmp_path / f"keras-{archive.VERSION}.tar.gz"
    file.write_bytes(b"something else")
    assert hashlib.sha256(b"something else").hexdigest() != archive.SHA256
    with pytest.raises(CannotCompare, match="was not the archive"):
        archive.keras_source()
    assert not file.exists()


def test_a_folder_without_keras_is_refused(tmp_path):
    with pytest.raises(CannotCompare, match="there is no keras/src in"):
        archive.keras_source(str(tmp_path))


def test_where_minicnn_stands_is_recorded_with_a_reason_for_each_failure():
    for file, standing in json.loads(conformance.STANDING.read_text()).items():
        assert standing["failed"] == len(standing["failures"]), file
        assert all(standing["failures"].values()), file
