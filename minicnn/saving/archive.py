"""Reading zip archives that are not trusted.

Only the members of a model's archive are read. Their stated sizes are compared with the size of
the archive before any is unpacked, and no more than the stated size is unpacked.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from minicnn.common.printing import readable_memory_size
from minicnn.saving import limits
from minicnn.saving.limits import FileRefused

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
ASSETS = "assets/"

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # bit of a member's flags
_DIRECTORY_SIZE = 5  # index in the result of `_EndRecData`

File = str | os.PathLike | BinaryIO


def describe(file: File) -> str:
    """A file's name for error messages."""
    return "the file" if hasattr(file, "read") else f"'{os.fspath(file)}'"


@contextlib.contextmanager
def open_regular_file(file: File, description: str) -> Iterator[BinaryIO]:
    """The file, opened for reading; an open file is returned unchanged.

    Raises for a pipe, a device, a socket or a folder: opening one may block.
    """
    if hasattr(file, "read"):
        yield file
        return
    check_regular(Path(file).stat().st_mode, description)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        check_regular(os.fstat(opened.fileno()).st_mode, description)
        yield opened


def check_regular(mode: int, description: str) -> None:
    """Raises unless the mode from `os.stat` is that of a regular file."""
    if not stat.S_ISREG(mode):
        kinds = {
            stat.S_IFDIR: "folder",
            stat.S_IFIFO: "pipe",
            stat.S_IFSOCK: "socket",
            stat.S_IFCHR: "device",
            stat.S_IFBLK: "device",
        }
        raise FileRefused(
            f"{description} is a {kinds.get(stat.S_IFMT(mode), 'special file')}, not a regular "
            "file: pass the name of a file."
        )


@contextlib.contextmanager
def open_archive(file: File, description: str) -> Iterator[ArchiveReader]:
    """The zip archive of a model, opened for reading."""
    with open_regular_file(file, description) as opened:
        try:
            archive = ArchiveReader(opened, description)
        except FileRefused:
            raise
        except Exception as error:  # zipfile has a dozen for damaged archives
            raise FileRefused(_not_an_archive(opened, description, error)) from error
        yield archive


class ArchiveReader:
    """The members of a model's zip archive, each read within the limits of `limits.py`."""

    def __init__(self, file: BinaryIO, description: str):
        self._description = description
        self._size = file.seek(0, os.SEEK_END)
        end = zipfile._EndRecData(file)
        if end and end[_DIRECTORY_SIZE] > limits.DIRECTORY_BYTES:
            raise FileRefused(
                f"Not allowed: {description} lists its members in "
                f"{readable_memory_size(end[_DIRECTORY_SIZE])}. A model's archive has no more than "
                f"{readable_memory_size(limits.DIRECTORY_BYTES)} of them."
            )
        self._archive = zipfile.ZipFile(file)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._archive.infolist():
            if _is_of_model(member.filename):
                self._add(member)
        self._check_total_size()

    def names(self, folder: str = "") -> list[str]:
        """The names of the model's files in the archive, or of those below a folder."""
        return [name for name in self._members if name.startswith(folder)]

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The content of a file in the archive, of at most `limit` bytes."""
        member = self._members.get(name)
        if member is None:
            raise FileRefused(
                f"{self._description} is not a model of Keras 3: the archive has no {name}. It "
                f"has: {', '.join(n[:100] for n in self._archive.namelist()[:10]) or 'nothing'}."
            )
        if limit is not None and member.file_size > limit:
            raise FileRefused(self._bomb(name, member.compress_size, member.file_size))
        try:
            with self._archive.open(member) as opened:
                content = opened.read(member.file_size + 1)
        except Exception as error:  # zipfile and zlib have many
            raise FileRefused(
                f"{self._description} is a truncated or damaged `.keras` file: {name} cannot be "
                f"unpacked ({error})."
            ) from error
        if len(content) != member.file_size:
            raise FileRefused(
                f"{self._description} is a truncated or damaged `.keras` file: {name} has "
                f"{len(content)} bytes instead of {member.file_size}."
            )
        return content

    def _add(self, member: zipfile.ZipInfo) -> None:
        name = member.filename
        if name in self._members:
            raise FileRefused(f"Not allowed: {self._description} has {name[:200]} more than once.")
        if member.flag_bits & _ENCRYPTED:
            raise FileRefused(
                f"{name[:200]} in {self._description} is encrypted. Save the model without."
            )
        if member.compress_type not in _METHODS:
            method = zipfile.compressor_names.get(member.compress_type, member.compress_type)
            raise FileRefused(
                f"{name[:200]} in {self._description} is compressed by the method {method}. "
                "A `.keras` file is stored, or compressed by deflate."
            )
        if member.header_offset + member.compress_size > self._size:
            raise FileRefused(
                f"{self._description} is a truncated or damaged `.keras` file: {name[:200]} would "
                f"have {member.compress_size} bytes in it, but it has {self._size} altogether."
            )
        self._members[name] = member

    def _check_total_size(self) -> None:
        sizes = [member.file_size for member in self._members.values()]
        if sum(sizes) > limits.SLACK_BYTES + limits.ARCHIVE_EXPANSION * self._size:
            largest = max(self._members.values(), key=lambda member: member.file_size)
            what = largest.filename[:200]
            if len(sizes) > 1:
                what += f", the largest of {len(sizes)} files of {readable_memory_size(sum(sizes))}"
            raise FileRefused(self._bomb(what, largest.compress_size, largest.file_size))

    def _bomb(self, what: str, stored: int, unpacked: int) -> str:
        return (
            f"Not allowed: {what} in {self._description} unpacks from "
            f"{readable_memory_size(stored)} to {readable_memory_size(unpacked)}: a potential "
            "decompression bomb."
        )


def _is_of_model(name: str) -> bool:
    in_folder = name.startswith(ASSETS) and not name.endswith("/")
    return in_folder or name in (METADATA, CONFIG, WEIGHTS)


def _not_an_archive(file: BinaryIO, description: str, error: Exception) -> str:
    file.seek(0)
    beginning = file.read(8)
    if beginning == b"\x89HDF\r\n\x1a\n":
        return (
            f"{description} is not a `.keras` file but HDF5: Keras's older whole-model format, or "
            "weights alone. Weights are read by `model.load_weights` from a file named "
            "`.weights.h5`; an older model, by `load_model` from one named `.h5`."
        )
    if beginning[:2] == b"PK":
        return f"{description} is a truncated or damaged `.keras` file: {error}"
    return f"{description} is not a `.keras` file: it is no zip archive ({error})."
