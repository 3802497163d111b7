"""Weights in an HDF5 file, in the layout of Keras 3.

Each part of a model has a group under its path, with its variables in the group `vars` as `0`, `1`,
...: `layers/dense/vars/0`. A file is not trusted when it is read: links, data in other files and
data sets much larger than the file are refused.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from minicnn import dtypes
from minicnn.utils.summary_utils import readable_memory_size

# What is larger than this must not be more than so many times larger than what the file holds.
_LARGE = 1 << 30
_MOST_EXPANSION = 1000


def write_group(file: Any, path: str, name: str | None, variables: dict[str, Any]) -> None:
    """Write the variables of one part. A part with a name has a group even if it is empty."""
    if not name and not variables:
        return
    group = (file.create_group(path) if path else file).create_group("vars")
    if name:
        group.attrs["name"] = name
    for key, value in variables.items():
        array = np.asarray(value)
        dataset = group.create_dataset(key, data=array)
        if dtypes.standardize_dtype(array.dtype) == "bfloat16":
            dataset.attrs["dtype"] = "bfloat16"  # HDF5 has no such type


class WeightsReader:
    """An HDF5 file of weights, open for reading (a context manager).

    Args:
        file: a path, or a binary file.
        description: how error messages call it.
    """

    def __init__(self, file: str | BinaryIO, description: str):
        import h5py

        self.description = description
        try:
            self._file = h5py.File(file, "r")
        except FileNotFoundError:
            raise FileNotFoundError(f"There is no weights file {description}.") from None
        except OSError as error:
            raise ValueError(
                f"{description} is not a file of weights, or it is truncated or damaged ({error}). "
                "Expected an HDF5 file as `model.save_weights` writes it."
            ) from error

    def __enter__(self) -> WeightsReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def has(self, path: str) -> bool:
        """Whether the file knows a part with this path, with or without variables."""
        with self._naming_damage(path):
            return self._group(path) is not None

    def variables(self, path: str) -> dict[str, np.ndarray]:
        """The variables of the part with this path; empty if the file has none."""
        with self._naming_damage(path):
            group = self._group(path)
            return {key: self._array(group, key) for key in group or ()}

    @contextlib.contextmanager
    def _naming_damage(self, path: str) -> Iterator[None]:
        """One error for the many that h5py has for a file with wrong bytes in it."""
        try:
            yield
        except (OSError, RuntimeError, LookupError, TypeError) as error:
            raise ValueError(f"{self.description} is damaged at '{path}': {error}") from error

    def _group(self, path: str) -> Any:
        """The group of a part's variables, or None."""
        group = self._find_group(path)
        if group is None and "_layer_checkpoint_dependencies" in self._file:
            # Keras 2.13 called the group of layers so.
            group = self._find_group(path.replace("layers", "_layer_checkpoint_dependencies"))
        return group

    def _find_group(self, path: str) -> Any:
        """The group `path/vars`, reached without following links, or None."""
        import h5py

        group = self._file
        for name in [*path.split("/"), "vars"] if path else ["vars"]:
            if name not in group:
                return None
            self._refuse_link(group, name)
            group = group[name]
            if not isinstance(group, h5py.Group):
                raise ValueError(
                    f"Invalid H5 file {self.description}: expected a Group at '{path}' but "
                    f"received {type(group).__name__}."
                )
        return group

    def _array(self, group: Any, key: str) -> np.ndarray:
        import h5py

        self._refuse_link(group, key)
        dataset = group[key]
        if not isinstance(dataset, h5py.Dataset):
            raise ValueError(
                f"Invalid H5 file {self.description}: expected a Dataset at '{dataset.name}', "
                f"received {type(dataset).__name__}."
            )
        if dataset.external or dataset.is_virtual:
            raise ValueError(
                f"Not allowed: H5 file {self.description} with data in other files "
                f"(external Dataset or virtual Dataset) at '{dataset.name}'."
            )
        self._refuse_bomb(dataset)
        if dataset.attrs.get("dtype") == "bfloat16":
            return np.array(dataset, dtype=dtypes.numpy_dtype("bfloat16"))
        return np.array(dataset)

    def _refuse_link(self, group: Any, name: str) -> None:
        import h5py

        link = group.get(name, getclass=True, getlink=True)
        if link in (h5py.ExternalLink, h5py.SoftLink):
            raise ValueError(f"Not allowed: H5 file {self.description} with {link.__name__}.")

    def _refuse_bomb(self, dataset: Any) -> None:
        declared = math.prod(dataset.shape) * dataset.dtype.itemsize
        stored = dataset.id.get_storage_size()
        if declared > _LARGE and declared > _MOST_EXPANSION * stored:
            raise ValueError(
                f"Not allowed: '{dataset.name}' in {self.description} declares "
                f"{readable_memory_size(declared)}, but the file holds "
                f"{readable_memory_size(stored)} of it: a potential decompression/shape bomb."
            )
