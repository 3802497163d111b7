"""CIFAR-10: small colour photographs of ten classes."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.common import configuration
from minicnn.datasets import cache

ORIGIN = "https://www.cs.toronto.edu/~kriz/"
ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SHA256 = {ARCHIVE: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"}
PLACES = (
    ARCHIVE,
    "cifar-10-batches-py-target/cifar-10-batches-py",  # Keras 3
    "cifar-10-batches-py-target_archive",
    "cifar-10-batches-py",  # Keras 2
    "cifar-10-batches-py.tar.gz",
)
LARGEST_BATCH = 2**25  # bytes; the published ones have 31 million
BATCHES_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Small photographs: `(x_train, y_train), (x_test, y_test)`, 50,000 and 10,000 of them.

    Images are uint8, red, green and blue from 0 to 255, of shape `(images, height 32, width 32,
    channels 3)`, or `(images, 3, 32, 32)` if `config.image_data_format()` is channels_first. Labels
    are uint8 of shape `(images, 1)`: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog,
    6 frog, 7 horse, 8 ship, 9 truck.

    Looks in `MINICNN_HOME` and in Keras's cache, and else downloads (170 MB). Raises a
    FileNotFoundError that says where to put which file if there is no network.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009), chapter 3.
    """
    *training, (x_test, y_test) = cache.find_or_fetch(
        "CIFAR-10", _read, PLACES, ORIGIN, ARCHIVE_SHA256
    )
    x_train, y_train = (np.concatenate(parts) for parts in zip(*training, strict=True))
    return (_arrange(x_train), y_train), (_arrange(x_test), y_test)


def _arrange(images: np.ndarray) -> np.ndarray:
    if configuration.image_data_format() == "channels_first":
        return images
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def _read(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    contents = _folder_contents(path) if path.is_dir() else _archive_contents(path)
    return [
        _batch(cache.verified(path / name, contents[name], md5, "md5"))
        for name, md5 in BATCHES_MD5.items()
    ]


def _folder_contents(folder: Path) -> dict[str, bytes]:
    return {name: cache.content(folder / name) for name in BATCHES_MD5}


def _archive_contents(archive: Path) -> dict[str, bytes]:
    """The batches of an archive, read in one pass; nothing is unpacked to disk."""
    packed = io.BytesIO(cache.content(archive))
    try:
        with tarfile.open(fileobj=packed) as tar:
            contents = {
                Path(item.name).name: tar.extractfile(item).read(LARGEST_BATCH)
                for item in tar
                if item.isfile() and Path(item.name).name in BATCHES_MD5
            }
    except Exception as error:  # reading a damaged archive may raise almost any error
        raise cache.DamagedFileError(f"{archive} is no whole archive ({error}).") from None
    missing = BATCHES_MD5.keys() - contents.keys()
    if missing:
        raise cache.DamagedFileError(f"{archive} lacks {', '.join(sorted(missing))}.")
    return contents


def _batch(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    images = batch[b"data"].reshape(-1, 3, 32, 32)
    return images, np.array(batch[b"labels"], "uint8")[:, None]


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles only arrays, lists and strings, since other classes could run code."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(
                f"A CIFAR-10 batch holds arrays and lists, but this file contains {module}.{name}."
            )
        return self.ALLOWED[module, name]
