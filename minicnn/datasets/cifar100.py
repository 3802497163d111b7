"""CIFAR-100: small colour photographs of a hundred classes."""

from __future__ import annotations

import numpy as np

from minicnn.datasets import cache, cifar

ORIGIN = cifar.ORIGIN
ARCHIVE = "cifar-100-python.tar.gz"
# The hashes of the archive are those in Keras 3 (keras/src/datasets/cifar100.py), those of its
# files those in torchvision (torchvision/datasets/cifar.py).
ARCHIVE_SHA256 = {ARCHIVE: "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"}
PLACES = (
    ARCHIVE,
    "cifar-100-python-target/cifar-100-python",  # Keras 3
    "cifar-100-python-target_archive",
    "cifar-100-python",  # Keras 2
)
BATCHES_MD5 = {
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
}


def load_data(
    label_mode: str = "fine",
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Small photographs: `(x_train, y_train), (x_test, y_test)`, 50,000 and 10,000 of them.

    Images are uint8 of shape `(images, height 32, width 32, channels 3)`, or `(images, 3, 32, 32)`
    if `config.image_data_format()` is channels_first. Labels are uint8 of shape `(images, 1)`.

    Looks in `MINICNN_HOME` and in Keras's cache, and else downloads (170 MB). Raises a
    FileNotFoundError that says where to put which file if there is no network.

    Args:
        label_mode: "fine" for a hundred classes, "coarse" for twenty groups of them.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009), chapter 3.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.'
        )
    (x_train, y_train), (x_test, y_test) = cache.find_or_fetch(
        "CIFAR-100",
        lambda path: cifar.read(path, BATCHES_MD5, f"{label_mode}_labels"),
        PLACES,
        ORIGIN,
        ARCHIVE_SHA256,
    )
    return (cifar.arranged(x_train), y_train), (cifar.arranged(x_test), y_test)
