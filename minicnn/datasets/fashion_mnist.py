"""Fashion-MNIST: Zalando's images of clothing, in the format of MNIST."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minicnn.datasets import cache, idx

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

FOLDER = "fashion-mnist"
LARGEST_FILE = 2**26  # bytes; the training images have 47 million


@dataclass(frozen=True)
class Sha256:
    """Hashes of a published file and of its content, which Debian's package compresses again."""

    packed: str
    content: str


FILES = {
    "train-images-idx3-ubyte.gz": Sha256(
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    "train-labels-idx1-ubyte.gz": Sha256(
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "t10k-images-idx3-ubyte.gz": Sha256(
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    "t10k-labels-idx1-ubyte.gz": Sha256(
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Articles of clothing: `(x_train, y_train), (x_test, y_test)`, 60,000 and 10,000 of them.

    Images are uint8 from 0 (background) to 255, of shape `(images, height 28, width 28)`; labels
    are uint8 of shape `(images,)`: 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal,
    6 shirt, 7 sneaker, 8 bag, 9 ankle boot.

    Looks in `MINICNN_HOME`, in Keras's cache and in Debian's folder, and else downloads. Raises a
    FileNotFoundError that says where to put which files if there is no network.

    Copyright Zalando SE, MIT licence.
    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747 (2017).
    """
    x_train, y_train, x_test, y_test = cache.find_or_fetch(
        "Fashion-MNIST",
        _read,
        (FOLDER, "."),
        ORIGIN,
        {f"{FOLDER}/{file}": sha256.packed for file, sha256 in FILES.items()},
    )
    return (x_train, y_train), (x_test, y_test)


def _read(folder: Path) -> list[np.ndarray]:
    return [
        idx.unpack(cache.verified(folder / file, _content(folder / file), sha256.content))
        for file, sha256 in FILES.items()
    ]


def _content(path: Path) -> bytes:
    try:
        packed = cache.content(path)
    except FileNotFoundError:
        return cache.content(path.with_suffix(""))  # it may be unpacked already
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            return file.read(LARGEST_FILE)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise cache.DamagedFileError(f"{path} is no whole gzip file ({error}).") from None
