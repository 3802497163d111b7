"""Weights in an HDF5 file, in the layout of Keras 3.

Each part of a model has a group under its path, with its variables in the group `vars` as `0`, `1`,
...: `layers/dense/vars/0`. A file is not trusted when it is read: links, data in other files and
data sets much larger than the file are refused. A data set is read only when
a part of the model needs it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minicnn.common import dtypes
from minicnn.common.printing import readable_memory_size
from minicnn.saving import limits
from minicnn.saving.archive import check_regular
from minicnn.saving.dataset_checks import check_dataset, named_dtype, size_in_memory
from minicnn.saving.limits import FileRefused
from minicnn.saving.unused_layers import unused_layers


def content_of_file(write: Callable[[Any], None]) -> bytes:
    """The content of the HDF5 file that a function writes. HDF5 crashes where a disk is full."""
    import h5py

    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        write(file)
        file.flush()
        return file.id.get_file_image()


def write_group(file: Any, path: str, name: str | None, variables: dict[str, Any]) -> None:
    """Writes the variables of one part. A part with a name has a group even if it is empty."""
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
        description: its name in error messages.
    """

    def __init__(self, file: str | BinaryIO, description: str):
        import h5py

        self.description = description
        self.file = file
        self.longest_text: int | None = None  # found when texts are read
        self._looked_up: set[str] = set()
        try:
            self.size = self._size_of(file)
            self._file = h5py.File(file, "r")
        except FileNotFoundError:
            raise FileNotFoundError(f"There is no weights file {description}.") from None
        except (FileRefused, PermissionError):
            raise
        except Exception as error:  # h5py has several for damaged files
            raise FileRefused(
                f"{description} is not a file of weights, or it is truncated or damaged ({error}). "
                "Expected an HDF5 file as `model.save_weights` writes it."
            ) from error
        self._allowed = limits.SLACK_BYTES + limits.WEIGHTS_EXPANSION * self.size
        self._allowance = self._allowed

    def __enter__(self) -> WeightsReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def _size_of(self, file: str | BinaryIO) -> int:
        if hasattr(file, "seek"):
            return file.seek(0, os.SEEK_END)
        status = Path(file).stat()
        check_regular(status.st_mode, self.description)
        return status.st_size

    def has(self, path: str) -> bool:
        """Whether the file has a part with this path, with or without variables."""
        with self.naming_damage(path):
            return self._group(path) is not None

    def variables(self, path: str) -> StoredVariables:
        """The variables of the part with this path; empty if the file has none."""
        with self.naming_damage(path):
            return StoredVariables(self, path, self._group(path))

    def array(self, path: str) -> np.ndarray:
        """The data set of this path."""
        with self.naming_damage(path):
            folder, _, name = path.rpartition("/")
            return self.read(self.group(folder), name)

    def unused_layers(self) -> list[str]:
        """The paths of layers whose variables were not read."""
        return unused_layers(self._file, self._looked_up)

    def everything(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """Each data set of the file: its path, the name of its layer if stored, and its values."""
        import h5py

        waiting, groups = [("", self._file)], 0
        while waiting:
            path, group = waiting.pop()
            with self.naming_damage(path):
                groups += 1
                if groups > limits.GROUPS or path.count("/") > limits.GROUP_NESTING:
                    raise FileRefused(
                        f"Not allowed: {self.description} has more than {limits.GROUPS} groups, or "
                        f"more than {limits.GROUP_NESTING} inside each other."
                    )
                name = group.attrs.get("name", "")
                inner = []
                for key in sorted(group, key=lambda key: (key.isdecimal() and len(key), key)):
                    self._refuse_link(group, key)
                    below = f"{path}/{key}" if path else key
                    if group.get(key, getclass=True) is h5py.Group:
                        inner.append((below, group[key]))
                    else:
                        yield below, name if isinstance(name, str) else "", self.read(group, key)
                waiting += reversed(inner)

    @contextlib.contextmanager
    def naming_damage(self, path: str) -> Iterator[None]:
        """Context that turns h5py's many errors for damaged files into one."""
        try:
            yield
        except FileRefused:
            raise
        except Exception as error:
            raise FileRefused(f"{self.description} is damaged at '{path}': {error}") from error

    def read(self, group: Any, key: str) -> np.ndarray:
        """A data set of a group, if it may be read."""
        import h5py

        self._refuse_link(group, key)
        dataset = group[key]
        if not isinstance(dataset, h5py.Dataset):
            raise FileRefused(
                f"Invalid H5 file {self.description}: expected a Dataset at '{dataset.name}', "
                f"received {type(dataset).__name__}."
            )
        check_dataset(dataset, self.description, self.size)
        self._count_bytes(dataset)
        if named_dtype(dataset) == "bfloat16":
            return np.array(dataset, dtype=dtypes.numpy_dtype("bfloat16"))
        return np.array(dataset)

    def _count_bytes(self, dataset: Any) -> None:
        """Adds to the bytes read; raises if they are too many for the file's size."""
        self._allowance -= size_in_memory(dataset)
        if self._allowance < 0:
            raise FileRefused(
                f"Not allowed: the data sets of {self.description} up to '{dataset.name}' take "
                f"{readable_memory_size(self._allowed - self._allowance)}, in a file of "
                f"{readable_memory_size(self.size)}: a potential decompression/shape bomb."
            )

    def _group(self, path: str) -> Any:
        """The group of a part's variables, or None."""
        group = self._find_group(path)
        if group is None and "_layer_checkpoint_dependencies" in self._file:
            # Keras 2.13 called the group of layers so.
            group = self._find_group(path.replace("layers", "_layer_checkpoint_dependencies"))
        return group

    def _find_group(self, path: str) -> Any:
        """The group `path/vars`, or None."""
        self._looked_up.add(path)
        return self.group(f"{path}/vars")

    def group(self, path: str) -> Any:
        """The group of this path, reached without following links, or None."""
        with self.naming_damage(path):
            return self._walk(path)

    def _walk(self, path: str) -> Any:
        import h5py

        group = self._file
        for name in filter(None, path.split("/")):
            if name not in group:
                return None
            self._refuse_link(group, name)
            group = group[name]
            if not isinstance(group, h5py.Group):
                raise FileRefused(
                    f"Invalid H5 file {self.description}: expected a Group at "
                    f"'{path.removesuffix('/vars')}' but "
                    f"received {type(group).__name__}."
                )
        return group

    def _refuse_link(self, group: Any, name: str) -> None:
        import h5py

        link = group.get(name, getclass=True, getlink=True)
        if link in (h5py.ExternalLink, h5py.SoftLink):
            raise FileRefused(f"Not allowed: H5 file {self.description} with {link.__name__}.")


class StoredVariables(Mapping):
    """The variables of one part in a file, by their names there; each is read when it is accessed.

    So a part that expects others can raise before any is read.
    """

    def __init__(self, reader: WeightsReader, path: str, group: Any):
        self._reader = reader
        self._path = path
        self._group = {} if group is None else group

    def __len__(self) -> int:
        return len(self._group)

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._group

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self:
            raise FileRefused(
                f"{self._reader.description} has no variable {key!r} at '{self._path}'."
            )
        with self._reader.naming_damage(self._path):
            return self._reader.read(self._group, key)
