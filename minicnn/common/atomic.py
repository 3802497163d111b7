"""Writes a file or a folder so that at every moment either the complete old or new one exists.

A file is written under a temporary name in the same folder, which contains the host's name, and is
locked meanwhile. The system releases the lock when the process ends in any way. So files that a
killed process has left are not locked, and the next process that writes there removes them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed
    fcntl = None

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """A new file, open for writing, which takes the name `path` if the block ends without an error.

    After an error or Ctrl-C, or if the process is killed, `path` is as before.
    """
    target = Path(os.path.realpath(path))  # writes to the target of a link, and keeps the link
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"Cannot save {path}: there is no folder {target.parent}. Make it first."
        )
    if target.is_dir():
        raise IsADirectoryError(f"Cannot save {path}: a folder has that name.")
    remove_abandoned(target)
    with naming_errors(path, target):
        temporary, descriptor = _new(target, _new_file)
        file = os.fdopen(descriptor, "w+b")
        try:
            yield file
            file.flush()
            os.fsync(descriptor)
            if target.exists():
                shutil.copymode(target, temporary)
            if fcntl is None:
                file.close()
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):  # the buffer cannot be written, either
                file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()
    _flush_folder(target.parent)


@contextlib.contextmanager
def temporary_folder(place: str | os.PathLike) -> Iterator[Path]:
    """A new folder beside `place`, which is removed after the block."""
    place = Path(place)
    remove_abandoned(place)
    with naming_errors(place, place):
        folder, descriptor = _new(place, _new_folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if descriptor is not None:
                os.close(descriptor)


def remove_abandoned(place: Path) -> None:
    """Removes temporary files that killed processes of this host left beside a place."""
    beginning = _beginning(place)
    with contextlib.suppress(OSError):
        for path in place.parent.iterdir():
            if path.name.startswith(beginning) and path.name.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(path)


def _remove_if_abandoned(path: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _locked(descriptor):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    finally:
        os.close(descriptor)


def _new(place: Path, make: Callable[[Path], int | None]) -> tuple[Path, int | None]:
    """A new file or folder beside a place, and the descriptor that holds its lock."""
    while True:
        path = place.with_name(f"{_beginning(place)}{secrets.token_hex(4)}.tmp")
        descriptor = make(path)
        if fcntl is None or (_locked(descriptor, if_unknown=True) and _is_at(descriptor, path)):
            return path, descriptor
        os.close(descriptor)  # another process removed it as abandoned before it was locked


def _new_file(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def _new_folder(path: Path) -> int | None:
    path.mkdir()
    return None if fcntl is None else os.open(path, os.O_RDONLY)


def _beginning(place: Path) -> str:
    """The beginning of temporary names beside a place, with the host's name."""
    name = place.name
    if len(os.fsencode(name)) > 150:  # a name has at most 255 bytes
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return f".{name}.{re.sub(r'[^A-Za-z0-9]', '', socket.gethostname())[:32]}-"


def _locked(descriptor: int, if_unknown: bool = False) -> bool:
    """Whether the file is now locked by this descriptor; `if_unknown` where locks do not work."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return if_unknown
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def naming_errors(path: str | os.PathLike, target: Path) -> Iterator[None]:
    """Context in which errors of the disk name the user's path, and how to mend them."""
    try:
        yield
    except OSError as error:
        beginning = str(target.with_name(_beginning(target)))
        if error.filename is None and error.errno not in _OF_THE_DISK:
            raise
        if error.filename is not None and not str(error.filename).startswith(beginning):
            raise
        raise type(error)(error.errno, _message(path, target, error)) from error


def _message(path: str | os.PathLike, target: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        advice = f"You may not write to the folder {target.parent}. Choose another one."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "Make room on the disk, or choose another one."
    elif error.errno == errno.EFBIG:
        advice = "The system limits the size of files (see `ulimit -f`)."
    else:
        advice = "Choose another place."
    return f"Cannot save {path}: {error.strerror}. What was there before is unchanged. {advice}"


def _flush_folder(path: Path) -> None:
    """Waits until the names in a folder are on the disk, on systems that can."""
    with contextlib.suppress(OSError):  # Windows cannot open folders, others may not read them
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
