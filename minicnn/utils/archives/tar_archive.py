"""Reads tar archives, compressed or not.

`tarfile` reads any number of headers of any length. Here each read is counted and limited.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
from pathlib import Path
from typing import IO, Any

from minicnn.utils.archives.contents import ArchiveError, Contents, shown

HEADER_BYTES = 2**15  # of one member
OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open, b"\x5d\0\0": lzma.open}


def read_tar(archive: Path, contents: Contents) -> None:
    with archive.open("rb") as file:
        beginning = file.read(5)
    opened = next((opens for start, opens in OPENERS.items() if beginning.startswith(start)), open)
    with opened(archive, "rb") as file:
        source = _Source(file, contents.bytes_left)
        with tarfile.open(fileobj=source, mode="r:") as tar:
            before = -1
            while (member := source.next_member(tar)) is not None:
                if tar.offset <= before:
                    raise ArchiveError("its members go round in a circle.")
                before = tar.offset
                contents.count_member()
                _read_member(tar, source, member, contents)


def _read_member(tar: Any, source: _Source, member: Any, contents: Contents) -> None:
    if member.isdir():
        contents.add_folder(member.name)
    elif member.isfile():
        source.allow(member.size)
        executable = bool(member.mode & 0o100)
        contents.add_file(member.name, member.size, tar.extractfile(member), executable)
    elif member.islnk():
        contents.add_hard_link(member.name, member.linkname)
    elif member.issym():
        contents.add_link(member.name, member.linkname)
    else:
        raise ArchiveError(f"{shown(member.name)} is no file, folder or link.")


class _Source:
    """The file that `tarfile` reads from, which limits how much is read."""

    def __init__(self, file: IO[bytes], length: int):
        self.file = file
        self.length = length
        self.position = 0
        self.last_byte = b""
        self.in_header = True
        self.allow(HEADER_BYTES)

    def next_member(self, tar: tarfile.TarFile) -> Any:
        """The next member's header, or None at the end."""
        self.allow(HEADER_BYTES)
        self.in_header = True
        member = tar.next()
        self.in_header = False
        if member is None:
            self._require_end(tar.offset)
        return member

    def _require_end(self, position: int) -> None:
        """Raises unless the archive ends here: `tarfile` takes a damaged header for the end."""
        self.seek(position)
        if self.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise ArchiveError("one of its headers is damaged.")

    def allow(self, size: int) -> None:
        """Allows this many bytes to be read from now on."""
        self.allowance = size + tarfile.RECORDSIZE

    def read(self, size: int) -> bytes:
        self.allowance -= max(size, 1)
        if size < 0 or self.allowance < 0:
            raise ArchiveError("one of its headers is too long.")
        content = self._read_here(size)
        self.position += len(content)
        self.last_byte = content[-1:] or self.last_byte
        if self.in_header:
            _require_short_numbers(content)
        return content

    def _read_here(self, size: int) -> bytes:
        reached = self.file.tell()
        if size == 1 and self.position == reached - 1:
            return self.last_byte  # going back would decompress everything again
        if self.position != reached:
            self.file.seek(self.position)
        return self.file.read(size)

    def seek(self, position: int) -> int:
        if not 0 <= position <= self.length:
            raise ArchiveError("it unpacks to more bytes than its size allows.")
        self.position = position
        return position

    def tell(self) -> int:
        return self.position


def _require_short_numbers(header: bytes) -> None:
    """Raises for long numbers: Python's time for them grows with the square of their length.

    Source: CVE-2024-6232.
    """
    if sum(len(number) ** 2 for number in re.findall(rb"[0-9]{20,}", header)) > 10**5:
        raise ArchiveError("one of its headers is full of long numbers.")
