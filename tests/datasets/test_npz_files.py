"""Texts, houses and CIFAR-100 with small files of the same form, judged by Keras."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import pickle
import tarfile
from unittest import mock

import numpy as np
import pytest

from minicnn import datasets
from minicnn.datasets import cifar100, npz_files


def texts(rng, count):
    lists = np.empty(count, object)
    lists[:] = [rng.integers(1, 30, rng.integers(1, 12)).tolist() for _ in range(count)]
    return lists


def content_of(name, rng):
    numbers = {"x": rng.normal(size=(700, 3)), "y": rng.normal(size=700)}
    labels = {"x": texts(rng, 60), "y": rng.integers(0, 46, 60)}
    halves = {f"x_{part}": texts(rng, 40) for part in ("train", "test")}
    halves |= {f"y_{part}": rng.integers(0, 2, 40) for part in ("train", "test")}
    kinds = {"imdb": halves, "reuters": labels}
    file = io.BytesIO()
    np.savez(file, **kinds.get(name, numbers))
    return file.getvalue()


@pytest.fixture
def place(folders, monkeypatch, rng):
    """Puts a small file in Keras's cache, and its hash in the module."""

    def put(name):
        content = content_of(name, rng)
        path = folders / "keras/datasets" / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        module = getattr(datasets, name)
        monkeypatch.setattr(module, "SHA256", hashlib.sha256(content).hexdigest())
        monkeypatch.setattr(npz_files, "ORIGIN", "http://127.0.0.1:9/")  # nothing answers there
        return path

    return put


CASES = [
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.5, "seed": 3}),
    ("california_housing", {}),
    ("california_housing", {"version": "small", "test_split": 0}),
    ("imdb", {}),
    ("imdb", {"num_words": 20, "skip_top": 5, "maxlen": 9}),
    ("imdb", {"start_char": None, "oov_char": None, "num_words": 15}),
    ("imdb", {"start_char": None, "index_from": None, "seed": 1}),
    ("reuters", {}),
    ("reuters", {"num_words": 20, "maxlen": 8, "test_split": 0.4}),
    ("reuters", {"start_char": None, "index_from": 0, "oov_char": None, "skip_top": 4}),
]


@pytest.mark.keras
@pytest.mark.parametrize(("name", "settings"), CASES)
def test_as_in_keras(place, name, settings):
    pytest.importorskip("keras")
    path = place(name)
    judge = importlib.import_module(f"keras.src.datasets.{name}")
    with mock.patch.object(judge, "get_file", lambda *_, **__: str(path)):
        right = judge.load_data(**settings)
    own = getattr(datasets, name).load_data(**settings)
    for mine, theirs in zip(own, right, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype
            assert a.tolist() == b.tolist()


@pytest.mark.keras
def test_hashes_addresses_and_topics_are_those_of_keras():
    import inspect

    for name in ("boston_housing", "california_housing", "imdb", "reuters"):
        judge = pytest.importorskip(f"keras.src.datasets.{name}")
        source, module = inspect.getsource(judge), getattr(datasets, name)
        assert module.SHA256 in source
        assert npz_files.ORIGIN in source
        assert getattr(module, "WORDS_MD5", "") in source
    judge = importlib.import_module("keras.src.datasets.cifar100")
    assert cifar100.ARCHIVE_SHA256[cifar100.ARCHIVE] in inspect.getsource(judge)
    topics = importlib.import_module("keras.src.datasets.reuters").get_label_names()
    assert datasets.reuters.get_label_names() == topics


def test_words(folders, monkeypatch):
    content = json.dumps({"the": 1, "film": 2}).encode()
    monkeypatch.setattr(datasets.imdb, "WORDS_MD5", hashlib.md5(content).hexdigest())
    (folders / "minicnn/datasets").mkdir(parents=True)
    (folders / "minicnn/datasets/imdb_word_index.json").write_bytes(content)
    assert datasets.imdb.get_word_index() == {"the": 1, "film": 2}


@pytest.mark.parametrize("name", ["boston_housing", "imdb"])
def test_a_damaged_file_and_no_network(place, name):
    path = place(name)
    path.write_bytes(path.read_bytes()[:-9])
    with (
        pytest.warns(UserWarning, match="is damaged or another file"),
        pytest.raises(FileNotFoundError, match=rf"get {name}\.npz by other means"),
    ):
        getattr(datasets, name).load_data()


class _RunsCode:
    def __reduce__(self):
        return os.putenv, ("MINICNN_HACKED", "yes")


def test_a_file_that_would_run_code_is_refused(place, monkeypatch):
    path = place("reuters")
    file = io.BytesIO()
    np.savez(file, x=np.array([_RunsCode(), None], object), y=np.zeros(2))
    path.write_bytes(file.getvalue())
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    monkeypatch.setattr(datasets.reuters, "SHA256", digest)
    with pytest.raises(pickle.UnpicklingError, match="holds arrays and lists, but this file"):
        datasets.reuters.load_data()


def test_arguments():
    with pytest.raises(ValueError, match="version=medium"):
        datasets.california_housing.load_data("medium")
    with pytest.raises(ValueError, match="label_mode=rough"):
        datasets.cifar100.load_data("rough")


@pytest.mark.parametrize(("arguments", "message"), [({"test_split": 1}, "Invalid `test_split`")])
def test_splits(place, arguments, message):
    place("boston_housing")
    with pytest.raises(ValueError, match=message):
        datasets.boston_housing.load_data(**arguments)
    place("imdb")
    with pytest.raises(ValueError, match="no sequence was kept"):
        datasets.imdb.load_data(maxlen=1)


@pytest.mark.parametrize("mode", ["fine", "coarse"])
def test_cifar100(folders, monkeypatch, rng, mode):
    batches, contents = {}, {}
    for name, count in {"train": 5, "test": 3}.items():
        batches[name] = {
            b"data": rng.integers(0, 256, (count, 3072)).astype("uint8"),
            b"fine_labels": rng.integers(0, 100, count).tolist(),
            b"coarse_labels": rng.integers(0, 20, count).tolist(),
        }
        contents[name] = pickle.dumps(batches[name], protocol=4)
        monkeypatch.setitem(cifar100.BATCHES_MD5, name, hashlib.md5(contents[name]).hexdigest())
    archive = folders / "minicnn/datasets" / cifar100.ARCHIVE
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in contents.items():
            item = tarfile.TarInfo(f"cifar-100-python/{name}")
            item.size = len(content)
            tar.addfile(item, io.BytesIO(content))
    (x_train, y_train), (x_test, y_test) = cifar100.load_data(mode)
    assert y_train[:, 0].tolist() == batches["train"][f"{mode}_labels".encode()]
    assert y_test[:, 0].tolist() == batches["test"][f"{mode}_labels".encode()]
    assert (y_train.dtype, y_train.shape) == ("uint8", (5, 1))
    images = batches["train"][b"data"].reshape(5, 3, 32, 32).transpose(0, 2, 3, 1)
    assert np.array_equal(x_train, images)
    assert x_test.shape == (3, 32, 32, 3)
