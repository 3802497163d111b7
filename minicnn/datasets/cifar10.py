"""CIFAR-10: small colour photographs of ten classes."""

from __future__ import annotations

import numpy as np

from minicnn.datasets import cache, cifar

ORIGIN = cifar.ORIGIN
ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SHA256 = {ARCHIVE: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"}
PLACES = (
    ARCHIVE,
    "cifar-10-batches-py-target/cifar-10-batches-py",  # Keras 3
    "cifar-10-batches-py-target_archive",
    "cifar-10-batches-py",  # Keras 2
    "cifar-10-batches-py.tar.gz",
)
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
        "CIFAR-10",
        lambda path: cifar.read(path, BATCHES_MD5, "labels"),
        PLACES,
        ORIGIN,
        ARCHIVE_SHA256,
    )
    x_train, y_train = (np.concatenate(parts) for parts in zip(*training, strict=True))
    return (cifar.arranged(x_train), y_train), (cifar.arranged(x_test), y_test)
