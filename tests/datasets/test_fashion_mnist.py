"""With four small files in the place of the real ones, whose hashes stand in the module."""

import gzip
import hashlib
import multiprocessing
import os

import numpy as np
import pytest

from minicnn.datasets import fashion_mnist, idx

ARRAYS = {
    "train-images-idx3-ubyte.gz": np.arange(6 * 28 * 28).reshape(6, 28, 28).astype("uint8"),
    "train-labels-idx1-ubyte.gz": np.arange(6).astype("uint8"),
    "t10k-images-idx3-ubyte.gz": np.arange(3 * 28 * 28)[::-1].reshape(3, 28, 28).astype("uint8"),
    "t10k-labels-idx1-ubyte.gz": np.arange(7, 10).astype("uint8"),
}
PACKED = {file: gzip.compress(idx.pack(array), mtime=0) for file, array in ARRAYS.items()}


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def small_files(monkeypatch, folders):
    hashes = {
        file: fashion_mnist.Sha256(_sha256(PACKED[file]), _sha256(idx.pack(array)))
        for file, array in ARRAYS.items()
    }
    monkeypatch.setattr(fashion_mnist, "FILES", hashes)
    monkeypatch.setattr(fashion_mnist, "ORIGIN", "http://127.0.0.1:9/")  # nothing answers there


@pytest.fixture
def origin(monkeypatch, server):
    monkeypatch.setattr(fashion_mnist, "ORIGIN", server.address)
    put(server.folder)
    return server


def put(folder, compress=True):
    folder.mkdir(parents=True, exist_ok=True)
    for file, packed in PACKED.items():
        path = folder / file if compress else folder / file.removesuffix(".gz")
        path.write_bytes(packed if compress else gzip.decompress(packed))


def assert_loads():
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    for array, expected in zip((x_train, y_train, x_test, y_test), ARRAYS.values(), strict=True):
        assert array.dtype == np.uint8
        assert np.array_equal(array, expected)


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "place",
    [
        "minicnn/datasets/fashion-mnist",
        "minicnn/fashion-mnist",
        "minicnn",
        "keras/datasets/fashion-mnist",
        "system/fashion-mnist",
    ],
)
@pytest.mark.parametrize("compress", [True, False])
def test_every_place_is_searched(folders, place, compress):
    put(folders / place, compress)
    assert_loads()


def test_files_compressed_anew_are_the_same_files(folders):
    put(folders / "system/fashion-mnist")
    file = folders / "system/fashion-mnist/train-images-idx3-ubyte.gz"
    again = gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=1, mtime=1)
    assert again != file.read_bytes()
    file.write_bytes(again)
    assert_loads()


def test_missing_files_are_fetched_once(folders, origin):
    assert_loads()
    assert files_in(folders / "minicnn/datasets/fashion-mnist") == sorted(PACKED)
    assert_loads()
    assert sorted(origin.requested) == sorted(f"/{file}" for file in PACKED)


def test_without_minicnn_home_the_download_goes_where_keras_looks(folders, origin, monkeypatch):
    monkeypatch.delenv("MINICNN_HOME")
    assert_loads()
    assert files_in(folders / "keras/datasets/fashion-mnist") == sorted(PACKED)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-20],
        lambda packed: b"<html>sign in to the network</html>",
        lambda packed: gzip.compress(gzip.decompress(packed)[:-1] + b"\xff"),
        lambda packed: packed[:40] + bytes((packed[40] ^ 1,)) + packed[41:],
    ],
    ids=["truncated", "web page", "other content", "flipped bit"],
)
def test_a_damaged_file_is_named_and_fetched_again(folders, origin, damage):
    put(folders / "minicnn/datasets/fashion-mnist")
    file = folders / "minicnn/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match=r"train-images-idx3-ubyte\.gz is"):
        assert_loads()
    assert origin.requested == ["/train-images-idx3-ubyte.gz"]
    assert file.read_bytes() == PACKED[file.name]


def test_a_partial_download_leaves_nothing(folders, origin):
    origin.cut = 100
    with pytest.raises(FileNotFoundError, match="Fashion-MNIST is not on this computer"):
        fashion_mnist.load_data()
    assert files_in(folders / "minicnn") == []
    origin.cut = None
    assert_loads()


def test_a_download_with_another_hash_leaves_nothing(folders, origin):
    (origin.folder / "train-images-idx3-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(FileNotFoundError, match="does not match the known hash"):
        fashion_mnist.load_data()
    assert files_in(folders / "minicnn") == []


def test_no_network_is_one_sentence_with_files_and_folder(folders):
    with pytest.raises(FileNotFoundError) as caught:
        fashion_mnist.load_data()
    message = str(caught.value)
    assert "no connection" in message
    assert all(file in message for file in PACKED)
    assert message.endswith(f"into {folders / 'minicnn/datasets/fashion-mnist'}.")
    assert message.count(". ") == 0
    assert caught.value.__suppress_context__


def _load_in_a_process(barrier, results):
    barrier.wait()
    results.put([array.tolist() for pair in fashion_mnist.load_data() for array in pair])


def test_two_processes_at_once_do_no_harm(folders, origin):
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(2), fork.Queue()
    processes = [fork.Process(target=_load_in_a_process, args=(barrier, results)) for _ in range(2)]
    for process in processes:
        process.start()
    expected = [array.tolist() for array in ARRAYS.values()]
    assert [results.get(timeout=60) for _ in processes] == [expected, expected]
    for process in processes:
        process.join()
    assert files_in(folders / "minicnn") == sorted(PACKED)


def make_loop(path):
    path.symlink_to(path.name)


WRONG = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}
MENDED = {
    "a loop": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "nothing in it": lambda path: path.touch(),
    "nothing but zeros": lambda path: path.write_bytes(bytes(5000)),
    "zeros without end": lambda path: path.write_bytes(gzip.compress(bytes(2**27))),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_what_is_no_file_is_named_with_the_remedy(folders, origin, make):
    put(folders / "minicnn/datasets/fashion-mnist")
    file = folders / "minicnn/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
    file.unlink()
    make(file)
    with (
        pytest.warns(UserWarning, match=f"{file} is not a file"),
        pytest.raises(FileNotFoundError, match=f"{file} is not a file: remove it"),
    ):
        fashion_mnist.load_data()
    put(folders / "system/fashion-mnist")
    with pytest.warns(UserWarning, match=f"{file} is not a file"):
        assert_loads()


@pytest.mark.parametrize("make", MENDED.values(), ids=MENDED)
@pytest.mark.filterwarnings("ignore:Fashion-MNIST.*Looking further")
def test_what_can_be_replaced_is_fetched_again(folders, origin, make):
    put(folders / "minicnn/datasets/fashion-mnist")
    file = folders / "minicnn/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
    file.unlink()
    make(file)
    assert_loads()
    assert origin.requested == ["/train-images-idx3-ubyte.gz"]
    assert file.read_bytes() == PACKED[file.name]


@pytest.mark.parametrize("place", ["minicnn", "minicnn/datasets", "minicnn/datasets/fashion-mnist"])
@pytest.mark.parametrize("make", [lambda path: path.touch(), make_loop])
@pytest.mark.filterwarnings("ignore:Fashion-MNIST.*Looking further")
def test_a_file_in_the_place_of_a_folder_is_one_sentence(folders, origin, place, make):
    (folders / place).parent.mkdir(parents=True, exist_ok=True)
    make(folders / place)
    with pytest.raises(FileNotFoundError, match=f"could not be fetched.*{folders / place}"):
        fashion_mnist.load_data()
