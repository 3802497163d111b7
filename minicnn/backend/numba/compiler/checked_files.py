"""Reads and writes files with a key and a checksum, so that damaged files are not used.

Damaged machine code can end the process, and a damaged pickle may do anything. So a file begins
with a header: the kind of file, the key, and the length and hash of the content. A file is written
under a temporary name and renamed when complete, so a process may end while it writes, and several
processes may write the same file.
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
"""Seconds after which a temporary file is removed; to write one takes milliseconds."""


class DamagedFileError(ValueError):
    """A path has a content that `write` did not write there."""


def read(path: Path, key: bytes) -> bytes | None:
    """The content written for a key of 32 bytes; None if there is no file or its key is another.

    Raises DamagedFileError or OSError if there is something else. No more is read than the header
    says, however large the file is.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
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
    """Write the content to a temporary file, then rename it; raises OSError if that fails."""
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
    """Remove temporary files of processes that ended while writing."""
    for temporary in path.parent.glob(f"{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - temporary.lstat().st_mtime > ABANDONED:
                temporary.unlink()
