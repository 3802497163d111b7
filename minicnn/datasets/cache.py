"""Finds data sets on this computer, and downloads those that are missing.

A file is used only if its hash is right. A damaged file, or one that cannot be read, is ignored
after a warning that names it, and downloaded again. A download goes to a temporary file in the same
folder and is renamed after its hash was checked, so the file is always complete, also if two
processes download it at the same time.
"""

from __future__ import annotations

import hashlib
import stat
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from minicnn.common import configuration
from minicnn.utils.file_utils import get_file

Arrays = TypeVar("Arrays")
SYSTEM_FOLDER = Path("/usr/share/datasets")  # the folder of Debian's packages


class DamagedFileError(ValueError):
    """A file with a data set's name has another content."""


def _folders() -> Iterator[Path]:
    home, keras_home = configuration.minicnn_home(), configuration.keras_home()
    yield home / "datasets"
    if home != keras_home:
        yield home
        yield keras_home / "datasets"
    yield SYSTEM_FOLDER


def find_or_fetch(
    name: str,
    read: Callable[[Path], Arrays],
    places: tuple[str, ...],
    origin: str,
    files: dict[str, str],
) -> Arrays:
    """Reads the data set in the first place that has it, and downloads it before if there is none.

    - name: the data set's name, for messages;
    - read: takes a path; raises FileNotFoundError if nothing is there, and `DamagedFileError` if
      something else is;
    - places: paths to read, below a folder of data sets; downloads make the first one;
    - origin, files: the address, and for the path of each file its SHA-256.
    """
    for folder in _folders():
        for place in places:
            try:
                return read(folder / place)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except DamagedFileError as damage:
                warnings.warn(f"{name}: {damage} Looking further.", stacklevel=3)
    datasets = configuration.minicnn_home() / "datasets"
    _fetch(name, origin, files, datasets)
    return read(datasets / places[0])


def _fetch(name: str, origin: str, files: dict[str, str], datasets: Path) -> None:
    paths = {datasets / file: sha256 for file, sha256 in files.items()}
    try:
        for path, sha256 in paths.items():
            get_file(path.name, origin + path.name, cache_subdir=path.parent, file_hash=sha256)
    # no network, no room on the disk, or another file than expected
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{name} is not on this computer and could not be fetched from {origin} "
            f"({_reason(error)}): get {', '.join(path.name for path in paths)} by other means and "
            f"put what you got into {next(iter(paths)).parent}."
        ) from None


def _reason(error: Exception) -> str:
    from requests.exceptions import ConnectionError as NoConnection

    if isinstance(error, NoConnection):
        return "no connection"
    return str(error).split(". ")[0]


def content(path: Path) -> bytes:
    """The content of a file; `DamagedFileError` if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would block
            raise DamagedFileError(f"{path} is not a file.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read ({error.strerror}).") from None


def verified(path: Path, content: bytes, expected: str, algorithm: str = "sha256") -> bytes:
    """The content, if its hash is the expected one; else `DamagedFileError`."""
    found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != expected:
        raise DamagedFileError(
            f"{path} is damaged or another file: its {algorithm} is {found}, not {expected}."
        )
    return content
