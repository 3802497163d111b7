"""Writing a file so that at every moment the old one or the new one is there, whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its name when the block ends without an error.

    After an error or Ctrl-C the temporary file is gone and `path` is as before. If the process is
    killed, `path` is as before too, and a file ending in ".tmp" may be left beside it.
    """
    target = Path(os.path.realpath(path))  # write through a link, not over it
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"Cannot save {path}: there is no folder {target.parent}. Make it first."
        )
    if target.is_dir():
        raise IsADirectoryError(f"Cannot save {path}: a folder has that name.")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        _flush_to_disk(temporary)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_to_disk(target.parent)


def _flush_to_disk(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's names."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
