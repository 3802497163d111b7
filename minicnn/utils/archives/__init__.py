"""Unpacks zip and tar archives that are not trusted.

The content, the members and their headers are limited in proportion to the archive's size, and
nothing is written outside its folder.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from minicnn.utils.archives import tar_archive, zip_archive
from minicnn.utils.archives.contents import ArchiveError, Contents

__all__ = ["ArchiveError", "is_zip", "unpack"]


def is_zip(archive: Path) -> bool:
    """Whether a file begins like a zip archive."""
    with archive.open("rb") as file:
        return file.read(4).startswith(zip_archive.STARTS)


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks an archive into a new folder; `ArchiveError` or OSError if that is not possible."""
    read = zip_archive.read_zip if is_zip(archive) else tar_archive.read_tar
    contents = Contents(folder, archive.stat().st_size)
    try:
        read(archive, contents)
        contents.make_links()
    except ArchiveError as error:
        raise ArchiveError(f"{archive} is not unpacked: {error}") from None
    except OSError as error:
        if error.errno is None or error.errno == errno.EINVAL:  # from a decompressor
            raise _damaged(archive, error) from None
        reason = os.strerror(error.errno)
        raise OSError(error.errno, f"{archive} could not be unpacked: {reason}") from None
    except Exception as error:  # reading a damaged archive may raise almost any error
        raise _damaged(archive, error) from None


def _damaged(archive: Path, error: Exception) -> ArchiveError:
    reason = str(error) or type(error).__name__
    return ArchiveError(f"{archive} is no whole zip or tar archive ({reason:.200}).")
