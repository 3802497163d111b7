"""The files of a folder, with a class for each of its subfolders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.common.printing import print_msg


class LabelledFiles(NamedTuple):
    """Names of files; for each the number of its class, and the names of the classes."""

    paths: list[str]
    labels: list[int] | None
    class_names: list[str] | None

    def part(self, rows: slice) -> LabelledFiles:
        """Some of the files."""
        labels = None if self.labels is None else self.labels[rows]
        return LabelledFiles(self.paths[rows], labels, self.class_names)

    def shuffled(self, seed: int) -> LabelledFiles:
        """In the order that Keras has for this seed."""
        paths, labels = list(self.paths), None if self.labels is None else list(self.labels)
        np.random.RandomState(seed).shuffle(paths)
        if labels is not None:
            np.random.RandomState(seed).shuffle(labels)
        return LabelledFiles(paths, labels, self.class_names)


def find_files(
    directory: Any,
    labels: Any,
    class_names: Any,
    formats: tuple[str, ...],
    follow_links: bool = False,
) -> LabelledFiles:
    """All files below a folder whose names end as one of the formats, sorted by name.

    Args:
        directory: the folder.
        labels: "inferred" for the subfolders as classes, None, or a list with one for each file.
        class_names: the order of the subfolders, or some of them; all by default.
        formats: endings in lower case.
        follow_links: whether to enter folders that are links.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: classes or labels that do not match.
    """
    directory = os.fspath(directory)
    if not Path(directory).is_dir():
        what = "is a file, not a folder" if Path(directory).exists() else "does not exist"
        raise FileNotFoundError(f"The directory {directory} {what}.")
    if labels != "inferred":
        paths = list(_files(directory, formats, follow_links))
        return LabelledFiles(paths, *_given(paths, labels, class_names, directory))
    folders = sorted(
        entry.name
        for entry in os.scandir(directory)
        if entry.is_dir() and not entry.name.startswith(".")
    )
    names = folders if class_names is None else list(class_names)
    _check_classes(directory, folders, names)
    paths, numbers = [], []
    for number, name in enumerate(names):
        found = list(_files(str(Path(directory, name)), formats, follow_links))
        paths += found
        numbers += [number] * len(found)
    return LabelledFiles(paths, numbers, names)


def _files(folder: str, formats: tuple[str, ...], follow_links: bool) -> Any:
    for root, _, files in sorted(os.walk(folder, followlinks=follow_links), key=lambda x: x[0]):
        for name in sorted(files):
            if name.lower().endswith(formats):
                yield str(Path(root, name))


def _check_classes(directory: str, folders: list[str], names: list[str]) -> None:
    unknown = [name for name in names if name not in folders]
    if unknown or len(set(names)) < len(names):
        raise ValueError(
            "The `class_names` passed did not match the names of the subdirectories of the target "
            f"directory {directory}. Expected: {folders} (or a subset of it), but received: "
            f"class_names={names}"
        )


def _given(paths: list[str], labels: Any, class_names: Any, directory: str) -> tuple:
    """The labels that a caller gave, and the names of their classes."""
    if class_names is not None:
        raise ValueError(
            'You can only pass `class_names` if `labels="inferred"`. Received: '
            f"labels={labels}, and class_names={class_names}"
        )
    if labels is None:
        return None, None
    if len(labels) != len(paths):
        raise ValueError(
            "Expected the lengths of `labels` to match the number of files in the target "
            f"directory. len(labels) is {len(labels)} while we found {len(paths)} files in "
            f"directory {directory}."
        )
    return list(labels), [str(label) for label in sorted(set(labels))]


def split(files: LabelledFiles, fraction: float | None, subset: str | None) -> LabelledFiles:
    """All files, or the first ones to train on, or the last ones to validate on."""
    if not fraction:
        return files
    count = int(fraction * len(files.paths))
    first = len(files.paths) - count
    if subset == "training":
        print_msg(f"Using {first} files for training.")
        return files.part(slice(first))
    print_msg(f"Using {count} files for validation.")
    return files.part(slice(first, None))


def check_split(fraction: Any, subset: Any, shuffle: bool, seed: Any) -> None:
    """Refuses arguments about validation that do not go together."""
    if fraction and not 0 < fraction < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {fraction}")
    if bool(fraction) != bool(subset):
        raise ValueError(
            "If `subset` is set, `validation_split` must be set, and inversely. Received: "
            f"subset={subset}, validation_split={fraction}"
        )
    if subset not in ("training", "validation", "both", None):
        raise ValueError(
            f'`subset` must be either "training", "validation" or "both", received: {subset}'
        )
    if fraction and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` "
            "argument, to make sure that there is no overlap between the training and validation "
            "subset."
        )
