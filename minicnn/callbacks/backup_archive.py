"""The file in which `BackupAndRestore` saves the state of a training.

A zip archive: `metadata.json` has the position of the training and the shapes and types of the
variables; each group of variables has a file with the values one after the other.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.autodiff import Variable
from minicnn.common.atomic import atomic_file
from minicnn.random.state import is_random_state

FORMAT = 1
_METADATA = "metadata.json"
_LARGEST_METADATA = 1 << 26
_COUNTS = ("epoch", "batch", "taken", "validation_taken")
_RANDOM_STATES = ("random", "random_at_start")


class Backup(NamedTuple):
    """The content of an archive: counts and random states by name, bytes of groups of variables."""

    metadata: dict[str, Any]
    values: dict[str, bytes]

    def arrays(self, group: str, variables: list[Variable]) -> list[np.ndarray]:
        """The values of a group, in the shapes of these variables.

        Raises:
            ValueError: the group has other variables.
        """
        saved, own = self.metadata["variables"][group], [_outline(v) for v in variables]
        if saved != own:
            raise ValueError(f"its variables of the {group} are {saved}, here they are {own}")
        content, arrays, start = self.values[group], [], 0
        for variable in variables:
            value = variable.numpy()
            part = content[start : start + value.nbytes]
            arrays.append(np.frombuffer(part, value.dtype).reshape(value.shape).copy())
            start += value.nbytes
        return arrays


def write_backup(
    path: Path, metadata: dict[str, Any], groups: dict[str, list[Variable]], previous: Path | None
) -> None:
    """Writes an archive in one step; an older one is renamed to `previous`, if that is given."""
    outlines = {name: [_outline(v) for v in variables] for name, variables in groups.items()}
    metadata = {"format": FORMAT, **metadata, "variables": outlines}
    with atomic_file(path) as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(_METADATA, json.dumps(metadata))
            for name, variables in groups.items():
                archive.writestr(name, b"".join(v.numpy().tobytes() for v in variables))
        file.flush()
        os.fsync(file.fileno())
        if previous is not None and path.exists():
            path.replace(previous)


def read_backup(path: Path, epochs: int | None) -> Backup:
    """Reads an archive and checks it.

    Raises:
        ValueError: it is damaged, no backup, or its numbers are impossible for `epochs`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_METADATA).file_size > _LARGEST_METADATA:
                raise ValueError("its metadata is too large")
            metadata = json.loads(archive.read(_METADATA))
            _check(metadata, epochs)
            return Backup(metadata, _values(archive, metadata["variables"]))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        raise ValueError(f"it is damaged, or no backup ({error})") from error


def _values(archive: zipfile.ZipFile, outlines: dict[str, Any]) -> dict[str, bytes]:
    values = {}
    for name, variables in outlines.items():
        size = sum(np.dtype(dtype).itemsize * int(np.prod(shape)) for dtype, shape in variables)
        found = archive.getinfo(name)
        if found.file_size != size or found.compress_size != size:
            raise ValueError(f"its variables of the {name} have not the {size} bytes they need")
        values[name] = archive.read(name)
    return values


def _outline(variable: Variable) -> list:
    value = variable.numpy()
    return [value.dtype.name, list(value.shape)]


def _check(metadata: Any, epochs: int | None) -> None:
    """Raises unless the metadata are those of a backup with possible numbers."""
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ValueError("it has no metadata of this version of minicnn")
    for name in _COUNTS:
        count = metadata.get(name)
        if type(count) is not int or count < 0:
            raise ValueError(f"its {name} is {count!r}, not a whole number from 0")
    if metadata["batch"] > metadata["taken"]:
        raise ValueError(f"it counts {metadata['batch']} steps for {metadata['taken']} batches")
    if epochs is not None and metadata["epoch"] > epochs:
        raise ValueError(
            f"it was made after {metadata['epoch']} epochs, and `fit` shall end after {epochs}"
        )
    variables = metadata.get("variables")
    groups = isinstance(variables, dict) and set(variables) == {"model", "metrics", "optimizers"}
    if not groups or not all(map(_are_outlines, variables.values())):
        raise ValueError("it does not say which variables it holds")
    if not all(is_random_state(metadata.get(name)) for name in _RANDOM_STATES):
        raise ValueError("it has no states of random numbers")


def _are_outlines(variables: Any) -> bool:
    try:
        return all(
            np.dtype(dtype).itemsize and all(type(n) is int and n >= 0 for n in shape)
            for dtype, shape in variables
        )
    except (TypeError, ValueError):
        return False
