import hashlib
from importlib import resources

import numpy as np
import pytest

from minicnn.datasets import idx, mnist

MD5_AS_PUBLISHED = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def arrays():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.mark.parametrize("name", MD5_AS_PUBLISHED)
def test_arrays_are_the_published_files_byte_for_byte(arrays, name):
    assert hashlib.md5(idx.pack(arrays[name])).hexdigest() == MD5_AS_PUBLISHED[name]


def test_shapes_and_types_are_keras(arrays):
    assert {array.dtype for array in arrays.values()} == {np.dtype("uint8")}
    assert [array.shape for array in arrays.values()] == [
        (60000, 28, 28),
        (60000,),
        (10000, 28, 28),
        (10000,),
    ]


def test_path_of_keras_is_accepted(arrays):
    _, (_, y_test) = mnist.load_data(path="elsewhere.npz")
    assert np.array_equal(y_test, arrays["y_test"])


def test_licence_and_authors_are_stated():
    licence = resources.files("minicnn.datasets").joinpath("mnist.LICENCE.md").read_text("utf-8")
    for text in (licence, mnist.load_data.__doc__):
        assert "CC BY-SA 3.0" in text
        assert all(author in text for author in ("LeCun", "Cortes", "Burges"))


def test_package_file_is_made_from_idx_files(tmp_path, rng):
    made = {name: rng.integers(0, 256, (5, 4), "uint8") for name in mnist.IDX_FILES}
    for name, file in mnist.IDX_FILES.items():
        (tmp_path / file).write_bytes(idx.pack(made[name]))
    mnist.make_package_file(tmp_path, tmp_path / "made.npz")
    with np.load(tmp_path / "made.npz") as written:
        assert all(np.array_equal(written[name], array) for name, array in made.items())


@pytest.mark.parametrize("damage", ["missing", "empty", "half", "other", "pickle", "folder"])
def test_a_damaged_package_file_is_one_sentence(damage, tmp_path, monkeypatch):
    file = tmp_path / "mnist.npz"
    whole = resources.files("minicnn.datasets").joinpath("mnist.npz").read_bytes()
    if damage == "folder":
        file.mkdir()
    elif damage == "other":
        np.savez(file, x_train=np.ones(3))
    elif damage != "missing":
        file.write_bytes({"empty": b"", "half": whole[:5_000_000], "pickle": b"I1\n."}[damage])
    monkeypatch.setattr(mnist.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=f"{file}, a file of minicnn.*install minicnn again"):
        mnist.load_data()
