"""Pickles that hold only arrays, lists and numbers, as some data sets are published."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.datasets import cache

_RECONSTRUCT = np.empty(0).__reduce__()[0]


class ArrayUnpickler(pickle.Unpickler):
    """Unpickles only arrays, lists and strings, since other classes could run code."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
        ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        """One of the allowed classes; `UnpicklingError` for others."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(
                f"A data set holds arrays and lists, but this file contains {module}.{name}."
            )
        return self.ALLOWED[module, name]


def read_npz(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a verified `.npz` file, those of lists of different lengths included.

    Raises:
        FileNotFoundError, DamagedFileError: no such file, or another one.
    """
    content = cache.verified(path, cache.content(path), sha256)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removesuffix(".npy"): _array(io.BytesIO(archive.read(name)))
            for name in archive.namelist()
        }


def _array(file: io.BytesIO) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    header = getattr(np.lib.format, f"read_array_header_{version[0]}_{version[1]}")
    if header(file)[2].hasobject:
        return ArrayUnpickler(file).load()
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
