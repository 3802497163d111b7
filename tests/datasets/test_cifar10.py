"""With batches of a few random images in the place of the real ones."""

import hashlib
import io
import os
import pickle
import struct
import tarfile
from itertools import chain

import numpy as np
import pytest

from minicnn import config
from minicnn.datasets import cifar10

IMAGES = 4


def python_2_pickle(images: np.ndarray, labels: list[int]) -> bytes:
    """A batch as Python 2 and an old NumPy pickled the published ones, opcode by opcode."""
    integer = struct.Struct("<cH")
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + integer.pack(b"M", images.shape[0])
        + integer.pack(b"M", images.shape[1])
        + b"\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN"
        + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<I", images.nbytes)
        + images.tobytes()
        + b"tb"
    )
    digits = b"".join(b"K" + bytes((label,)) for label in labels)
    return b"\x80\x02}(U\x06labels](" + digits + b"eU\x04data" + array + b"u."


def make_archive(contents: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in contents.items():
            item = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            item.size = len(content)
            tar.addfile(item, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def images(rng):
    return {
        name: rng.integers(0, 256, (IMAGES, 3 * 32 * 32)).astype("uint8")
        for name in cifar10.BATCHES_MD5
    }


@pytest.fixture
def labels(rng):
    return {name: rng.integers(0, 10, IMAGES).tolist() for name in cifar10.BATCHES_MD5}


@pytest.fixture
def contents(images, labels, monkeypatch, folders):
    contents = {name: python_2_pickle(images[name], labels[name]) for name in images}
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(cifar10, "BATCHES_MD5", md5)
    monkeypatch.setattr(cifar10, "ORIGIN", "http://127.0.0.1:9/")  # nothing answers there
    return contents


@pytest.fixture
def check(images, labels):
    def check():
        (x_train, y_train), (x_test, y_test) = cifar10.load_data()
        assert x_train.shape == (5 * IMAGES, 32, 32, 3)
        assert y_train.shape == (5 * IMAGES, 1)
        assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
        assert y_train[:, 0].tolist() == [*chain(*list(labels.values())[:5])]
        assert y_test[:, 0].tolist() == labels["test_batch"]
        second_image = images["data_batch_1"][1].reshape(3, 32, 32)
        assert np.array_equal(x_train[1, 7, 21], second_image[:, 7, 21])
        assert np.array_equal(x_test[3, ..., 2].ravel(), images["test_batch"][3, -1024:])

    return check


@pytest.mark.parametrize(
    "place",
    [
        "minicnn/datasets/cifar-10-batches-py",
        "minicnn/cifar-10-batches-py",
        "keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py",
    ],
)
def test_unpacked_batches_are_found(folders, contents, check, place):
    (folders / place).mkdir(parents=True)
    for name, content in contents.items():
        (folders / place / name).write_bytes(content)
    check()


@pytest.mark.parametrize(
    "place",
    [
        "minicnn/cifar-10-python.tar.gz",
        "keras/datasets/cifar-10-batches-py.tar.gz",
        "keras/datasets/cifar-10-batches-py-target_archive",
    ],
)
def test_archives_are_found(folders, contents, check, place):
    (folders / place).parent.mkdir(parents=True)
    (folders / place).write_bytes(make_archive({"readme.html": b"hello", **contents}))
    check()
    assert sum(len(files) for _, _, files in os.walk(folders)) == 1


def test_channels_first(folders, contents, images):
    (folders / "minicnn").mkdir()
    (folders / "minicnn/cifar-10-python.tar.gz").write_bytes(make_archive(contents))
    config.set_image_data_format("channels_first")
    (x_train, _), _ = cifar10.load_data()
    assert np.array_equal(x_train[0], images["data_batch_1"][0].reshape(3, 32, 32))


def test_missing_archive_is_fetched(folders, contents, check, server, monkeypatch):
    packed = make_archive(contents)
    (server.folder / cifar10.ARCHIVE).write_bytes(packed)
    monkeypatch.setattr(cifar10, "ORIGIN", server.address)
    sha256 = {cifar10.ARCHIVE: hashlib.sha256(packed).hexdigest()}
    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", sha256)
    check()
    check()
    assert server.requested == [f"/{cifar10.ARCHIVE}"]
    (folders / "minicnn/datasets" / cifar10.ARCHIVE).write_bytes(packed[:-100])
    with pytest.warns(UserWarning, match="no whole archive"):
        check()
    assert len(server.requested) == 2


def test_no_network_says_what_to_put_where(folders, contents):
    with pytest.raises(FileNotFoundError) as caught:
        cifar10.load_data()
    assert "cifar-10-python.tar.gz" in str(caught.value)
    assert str(caught.value).endswith(f"into {folders / 'minicnn/datasets'}.")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda contents: make_archive(contents)[:-50], "no whole archive"),
        (lambda contents: b"<html>", "no whole archive"),
        (lambda contents: make_archive({**contents, "test_batch": b"x"}), "test_batch is damaged"),
        (lambda contents: make_archive({"test_batch": b"x"}), "lacks data_batch_1, data_batch_2"),
    ],
)
def test_a_damaged_archive_is_named(folders, contents, damage, message):
    (folders / "minicnn").mkdir()
    (folders / "minicnn/cifar-10-python.tar.gz").write_bytes(damage(contents))
    with pytest.warns(UserWarning, match=message), pytest.raises(FileNotFoundError):
        cifar10.load_data()


class _RunsCode:
    def __reduce__(self):
        return os.putenv, ("MINICNN_HACKED", "yes")


@pytest.mark.parametrize("planted", [_RunsCode(), np.array([_RunsCode()]), {"x": os.system}])
def test_a_batch_that_would_run_code_is_refused(folders, contents, monkeypatch, planted):
    """Even with the right hash: the unpickler knows arrays and nothing else."""
    bad = pickle.dumps({b"data": planted, b"labels": [1]}, protocol=2)
    contents["data_batch_1"] = bad
    monkeypatch.setitem(cifar10.BATCHES_MD5, "data_batch_1", hashlib.md5(bad).hexdigest())
    (folders / "minicnn").mkdir()
    (folders / "minicnn/cifar-10-python.tar.gz").write_bytes(make_archive(contents))
    with pytest.raises(
        pickle.UnpicklingError, match="holds arrays and lists, but this file contains"
    ):
        cifar10.load_data()


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_named_with_the_remedy(folders, contents, make):
    (folders / "minicnn/datasets").mkdir(parents=True)
    archive = folders / "minicnn/datasets" / cifar10.ARCHIVE
    make(archive)
    with (
        pytest.warns(UserWarning, match=f"{archive} is not a file"),
        pytest.raises(FileNotFoundError, match=f"{archive} is not a file: remove it"),
    ):
        cifar10.load_data()


def test_a_folder_in_the_place_of_the_archive(folders, contents):
    archive = folders / "minicnn/datasets" / cifar10.ARCHIVE
    archive.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=f"{archive} is not a file: remove it"):
        cifar10.load_data()


def test_a_folder_in_the_place_of_a_batch(folders, contents, check):
    unpacked = folders / "minicnn/datasets/cifar-10-batches-py"
    (unpacked / "data_batch_1").mkdir(parents=True)
    (folders / "keras/datasets").mkdir(parents=True)
    (folders / "keras/datasets/cifar-10-batches-py.tar.gz").write_bytes(make_archive(contents))
    with pytest.warns(UserWarning, match=f"{unpacked / 'data_batch_1'} is not a file"):
        check()
