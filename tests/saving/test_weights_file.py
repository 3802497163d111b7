import io

import h5py
import numpy as np
import pytest

from minicnn.saving.weights_file import WeightsReader, write_group


def written(groups):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, (name, variables) in groups.items():
            write_group(file, path, name, variables)
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool"])
def test_what_is_written_is_read(rng, dtype):
    array = (10 * rng.normal(size=(3, 4))).astype(dtype)
    with WeightsReader(written({"a/b": ("x", {"0": array, "1": array[0, 0]})}), "f") as reader:
        variables = reader.variables("a/b")
        assert list(variables) == ["0", "1"]
        np.testing.assert_array_equal(variables["0"], array)
        assert variables["0"].dtype == array.dtype
        assert variables["1"].shape == ()
        assert reader.variables("a") == {}
        assert reader.variables("b/c") == {}


def test_bfloat16_comes_back_and_keras_reads_it(keras, tmp_path):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = np.arange(6).astype(ml_dtypes.bfloat16)
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        write_group(file, "layers/dense", "dense", {"0": array})
    with WeightsReader(str(path), "f") as reader:
        ours = reader.variables("layers/dense")["0"]
    assert ours.dtype == array.dtype
    np.testing.assert_array_equal(ours, array)
    from keras.src.saving.saving_lib import H5IOStore

    np.testing.assert_array_equal(H5IOStore(path).get("layers/dense")["0"], array)


def test_a_named_part_has_a_group_even_if_empty():
    with h5py.File(written({"": ("model", {}), "loss": (None, {})})) as file:
        assert file["vars"].attrs["name"] == "model"
        assert "loss" not in file


def test_the_older_name_of_layers():
    buffer = written({"_layer_checkpoint_dependencies/dense": ("d", {"0": np.ones(2)})})
    with WeightsReader(buffer, "f") as reader:
        np.testing.assert_array_equal(reader.variables("layers/dense")["0"], 1)


def evil(make):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        make(file)
    buffer.seek(0)
    return WeightsReader(buffer, "'evil.h5'")


def external_file(file):
    group = file.create_group("d/vars")
    group.create_dataset("0", (2,), "f4", external=[("/etc/passwd", 0, 8)])


def virtual(file):
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (2,))
    file.create_group("d/vars").create_virtual_dataset("0", layout)


def bomb(file):
    group = file.create_group("d/vars")
    group.create_dataset("0", (1 << 25, 1 << 25), "f8", chunks=(1024, 1024), compression="gzip")


def external_link(file):
    file["d"] = h5py.ExternalLink("/tmp/other.h5", "d")


def soft_link(file):
    file.create_group("real/vars")["0"] = np.ones(2)
    file["d"] = h5py.SoftLink("/real")


def soft_link_of_data(file):
    file["data"] = np.ones(2)
    file.create_group("d/vars")["0"] = h5py.SoftLink("/data")


def data_instead_of_a_group(file):
    file["d"] = np.ones(2)


def group_instead_of_data(file):
    file.create_group("d/vars/0")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (external_file, "external Dataset"),
        (virtual, "virtual Dataset"),
        (bomb, "shape bomb"),
        (external_link, "ExternalLink"),
        (soft_link, "SoftLink"),
        (soft_link_of_data, "SoftLink"),
        (data_instead_of_a_group, "expected a Group at 'd'"),
        (group_instead_of_data, "expected a Dataset at '/d/vars/0'"),
    ],
)
def test_files_that_are_not_to_be_trusted(make, message):
    with evil(make) as reader, pytest.raises(ValueError, match=message) as error:
        dict(reader.variables("d"))
    assert "evil.h5" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not at all HDF5", b"PK\x03\x04 a zip"])
def test_not_hdf5(content):
    with pytest.raises(ValueError, match="'x' is not a file of weights"):
        WeightsReader(io.BytesIO(content), "'x'")


def test_truncated():
    content = written({"a": ("x", {"0": np.ones((100, 100))})}).getvalue()
    with pytest.raises(ValueError, match="truncated or damaged"):
        WeightsReader(io.BytesIO(content[: len(content) // 2]), "'x'")


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no weights file 'x'"):
        WeightsReader(str(tmp_path / "x"), "'x'")
