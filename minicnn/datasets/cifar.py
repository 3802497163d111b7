"""What CIFAR-10 and CIFAR-100 share: batches of small photographs in an archive or a folder."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.common import configuration
from minicnn.datasets import cache
from minicnn.datasets.array_pickles import ArrayUnpickler

ORIGIN = "https://www.cs.toronto.edu/~kriz/"
LARGEST_BATCH = 2**28  # bytes; the published ones have at most 156 million

Images = tuple[np.ndarray, np.ndarray]


def read(path: Path, md5: dict[str, str], labels: str) -> list[Images]:
    """Images `(images, 3, 32, 32)` and labels `(images, 1)` of each batch.

    - path: a folder with the batches, or an archive;
    - md5: for the name of each batch its hash;
    - labels: the name of the labels in a batch.
    """
    names = list(md5)
    contents = _folder_contents(path, names) if path.is_dir() else _archive_contents(path, names)
    return [
        _batch(cache.verified(path / name, contents[name], md5[name], "md5"), labels)
        for name in names
    ]


def arranged(images: np.ndarray) -> np.ndarray:
    """Images in the data format of the configuration."""
    if configuration.image_data_format() == "channels_first":
        return images
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def _folder_contents(folder: Path, names: list[str]) -> dict[str, bytes]:
    return {name: cache.content(folder / name) for name in names}


def _archive_contents(archive: Path, names: list[str]) -> dict[str, bytes]:
    """The batches of an archive, read in one pass; nothing is unpacked to disk."""
    packed = io.BytesIO(cache.content(archive))
    try:
        with tarfile.open(fileobj=packed) as tar:
            contents = {
                Path(item.name).name: tar.extractfile(item).read(LARGEST_BATCH)
                for item in tar
                if item.isfile() and Path(item.name).name in names
            }
    except Exception as error:  # reading a damaged archive may raise almost any error
        raise cache.DamagedFileError(f"{archive} is no whole archive ({error}).") from None
    missing = set(names) - contents.keys()
    if missing:
        raise cache.DamagedFileError(f"{archive} lacks {', '.join(sorted(missing))}.")
    return contents


def _batch(content: bytes, labels: str) -> Images:
    batch: dict[bytes, Any] = ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    images = batch[b"data"].reshape(-1, 3, 32, 32)
    return images, np.array(batch[labels.encode()], "uint8")[:, None]
