"""Files that are read only if they are whole, and that belong to a key.

Machine code that lost a byte ends the process, and a damaged pickle may do anything. So a file
begins with a header: what kind of file it is, the key, the length and the hash of what follows.
A file appears under its name at once and complete, so that a process may end while it writes, and
several processes may write the same file.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from struct import Struct

KIND = b"minicnn kernel 1"
HEADER = Struct("<16s32s32sQ")  # kind, key, hash and length of the content
ABANDONED = 60.0
"""Seconds after which a temporary file counts as left over: to write one takes milliseconds."""


class DamagedFileError(ValueError):
    """There is something under a file's name, but not what was written."""


def read(path: Path, key: bytes) -> bytes | None:
    """The content written for a key (of 32 bytes); None without a file, or if it has another key.

    `DamagedFileError` or OSError: something else is there. Its size alone costs nothing.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise DamagedFileError("not a file: remove it")
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        size = os.fstat(file.fileno()).st_size
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            raise DamagedFileError("damaged")
        kind, found_key, digest, length = HEADER.unpack(header)
        if kind != KIND or size != HEADER.size + length:
            raise DamagedFileError("damaged")
        content = file.read(length)
    if hashlib.sha256(found_key + content).digest() != digest:
        raise DamagedFileError("damaged")
    return content if found_key == key else None


def write(path: Path, key: bytes, content: bytes) -> None:
    """Write the content beside its place, then rename; OSError if that cannot be done."""
    _remove_left_over(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    digest = hashlib.sha256(key + content).digest()
    try:
        with temporary.open("xb") as file:
            file.write(HEADER.pack(KIND, key, digest, len(content)))
            file.write(content)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _remove_left_over(path: Path) -> None:
    """Remove temporary files of processes that ended while they wrote this one."""
    for temporary in path.parent.glob(f"{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - temporary.lstat().st_mtime > ABANDONED:
                temporary.unlink()
