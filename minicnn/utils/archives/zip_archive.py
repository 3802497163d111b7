"""Reads zip archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

from minicnn.utils.archives.contents import ArchiveError, Contents, shown

STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Other methods decompress a whole block at once, whatever its size."""


def read_zip(archive: Path, contents: Contents) -> None:
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            contents.count_member()
            name = member.orig_filename
            if member.is_dir():
                contents.add_folder(name)
                continue
            if member.flag_bits & 1:
                raise ArchiveError(f"{shown(name)} is encrypted.")
            if member.compress_type not in METHODS:
                raise ArchiveError(f"{shown(name)} is compressed by another method than deflate.")
            with file.open(member) as source:
                contents.add_file(name, member.file_size, source)
