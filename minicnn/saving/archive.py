"""Reading zip archives that nobody vouches for."""

from __future__ import annotations

import contextlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from minicnn.utils.summary_utils import readable_memory_size

# Keras stores without compression. What unpacks to more than this, and to so many times its size
# in the file, was made to fill the memory.
_LARGE = 1 << 26
_MOST_EXPANSION = 100

File = str | os.PathLike | BinaryIO


def describe(file: File) -> str:
    """How error messages call a file."""
    return "the file" if hasattr(file, "read") else f"'{os.fspath(file)}'"


@contextlib.contextmanager
def open_archive(file: File, description: str) -> Iterator[zipfile.ZipFile]:
    """The zip archive, opened; one error for all that may be wrong with it."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ValueError(_not_an_archive(file, description, error)) from error


def _not_an_archive(file: File, description: str, error: Exception) -> str:
    if hasattr(file, "read"):
        beginning = b""
    else:
        with Path(file).open("rb") as opened:
            beginning = opened.read(8)
    if beginning == b"\x89HDF\r\n\x1a\n":
        return (
            f"{description} is not a `.keras` file but HDF5: Keras's older whole-model format, or "
            "weights alone. Weights are read by `model.load_weights` from a file named "
            "`.weights.h5`; an older model, open it with Keras and save it as `.keras`."
        )
    if beginning[:2] == b"PK":
        return f"{description} is a truncated or damaged `.keras` file: {error}"
    return f"{description} is not a `.keras` file: it is no zip archive ({error})."


def read_member(archive: zipfile.ZipFile, name: str, description: str) -> bytes:
    """The content of a file in an archive, unless it was made to fill the memory."""
    if name not in archive.namelist():
        raise ValueError(
            f"{description} is not a model of Keras 3: the archive has no {name}. It has: "
            f"{', '.join(archive.namelist()[:10]) or 'nothing'}."
        )
    member = archive.getinfo(name)
    if member.file_size > max(_LARGE, _MOST_EXPANSION * member.compress_size):
        raise ValueError(
            f"Not allowed: {name} in {description} unpacks from "
            f"{readable_memory_size(member.compress_size)} to "
            f"{readable_memory_size(member.file_size)}: a potential decompression bomb."
        )
    return archive.read(name)
