"""Where data sets lie on this computer, and how those that do not are fetched.

A file counts only if its hash is right: a damaged one is passed over and fetched anew, and so is
what is no file or cannot be read, after a warning that names it. A download
goes to a temporary file beside its place and is renamed once its hash is verified, so nothing
partial ever bears the file's name, and of two processes that fetch at once each renames a whole
file.
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
SYSTEM_FOLDER = Path("/usr/share/datasets")  # where Debian's packages put theirs


class DamagedFileError(ValueError):
    """A file bears a data set's name, but its content is another."""


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
    """What `read` finds in the first place that holds the data set, fetched first if there is none.

    - name: the data set's, for messages;
    - read: takes a path; raises FileNotFoundError if nothing is there, and `DamagedFileError` if
      something else is;
    - places: where to read, below a folder of data sets; the first is there once all is fetched;
    - origin, files: the address, and the SHA-256 of each file to fetch by the path to keep it at.
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
    except (OSError, ValueError) as error:  # no network, no room, or not what was expected
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
    """What a file holds; `DamagedFileError` if something is there that cannot be read as one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to read a pipe would wait for ever
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
