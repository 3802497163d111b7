"""`Contents`: writes an archive's members into a folder, within limits.

Nothing is written through a link: the folder is new and empty, and symbolic links are made after
all files. Where a link leads is computed from the list of members, not by the system, whose answer
is wrong for very long paths (CVE-2025-4517).
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from typing import IO

FREE_BYTES, RATIO = 2**30, 100
"""An archive may grow to a gigabyte, and 100 times its own size beyond that."""
FREE_MEMBERS, BYTES_A_MEMBER = 10_000, 32
"""It may have 10,000 members, and one for each 32 bytes of its size beyond that."""
LONGEST_PATH, MOST_PARTS = 1024, 64  # characters and parts of a name and of a link's target
MOST_LINKS = 40  # links that one path may follow, as on Linux
AT_ONCE = 2**18  # bytes read and written

Place = tuple[str, ...]  # a path below the folder, in parts


class ArchiveError(ValueError):
    """An archive is damaged, leads outside its folder, or is larger than the limits."""


class Contents:
    """Writes the files, folders and links of an archive, and counts their cost."""

    def __init__(self, folder: Path, size: int):
        self.folder = folder
        self.bytes_left = FREE_BYTES + RATIO * size
        self.members_left = FREE_MEMBERS + size // BYTES_A_MEMBER
        self.kinds: dict[Place, str] = {(): "folder"}
        self.links: dict[Place, str] = {}
        self.ends: dict[Place, Place] = {}  # targets of the links
        folder.mkdir()

    def count_member(self) -> None:
        """Counts a member, or a folder that a member needs; raises if there are too many."""
        self.members_left -= 1
        if self.members_left < 0:
            raise ArchiveError("it has more members than its size allows.")

    def add_folder(self, name: str) -> None:
        """Makes a folder and its parents."""
        self._make_folders(_place(name), name)

    def add_file(self, name: str, size: int, source: IO[bytes], executable: bool = False) -> None:
        """Writes a file; of several with one name the last one counts."""
        path = self._register(name, "file")
        self._count_bytes(size)
        path.unlink(missing_ok=True)  # it may be a hard link to a file that must not change
        mode = 0o777 if executable else 0o666
        with os.fdopen(os.open(path, _NEW_FILE, mode), "wb") as target:
            while chunk := source.read(min(AT_ONCE, size)):
                target.write(chunk)
                size -= len(chunk)
        if size:
            raise ArchiveError(f"{shown(name)} is shorter than it is said to be.")

    def add_hard_link(self, name: str, other: str) -> None:
        """Makes another name of a file that was written before."""
        if self.kinds.get(_place(other)) != "file":
            raise ArchiveError(f"{shown(name)} is a link to {shown(other)}, no file in it.")
        path = self._register(name, "file")
        source = self.folder.joinpath(*_place(other))
        if path != source:
            path.unlink(missing_ok=True)
            os.link(source, path)

    def add_link(self, name: str, target: str) -> None:
        """Adds a symbolic link, which is made at the end."""
        self._register(name, "link")
        if target.startswith("/"):
            raise ArchiveError(f"{shown(name)} is a link to {shown(target)}, outside of it.")
        _check_path(target)
        self.links[_place(name)] = target

    def make_links(self) -> None:
        """Makes the symbolic links; raises if one of them leads outside."""
        for place in self.links:
            self._end_of(place, 0)
        for place, target in self.links.items():
            self.folder.joinpath(*place).symlink_to(target)

    def _register(self, name: str, kind: str) -> Path:
        place = _place(name)
        self._make_folders(place[:-1], name)
        if self.kinds.setdefault(place, kind) != kind:
            raise ArchiveError(f"{shown(name)} is a {self.kinds[place]} and a {kind} in it.")
        return self.folder.joinpath(*place)

    def _make_folders(self, place: Place, name: str) -> None:
        kind = self.kinds.get(place)
        if kind is None:
            self._make_folders(place[:-1], name)
            self.count_member()
            self.folder.joinpath(*place).mkdir()
            self.kinds[place] = "folder"
        elif kind != "folder":
            raise ArchiveError(f"{shown(name)} is a folder, or below one, and a {kind}.")

    def _count_bytes(self, size: int) -> None:
        self.bytes_left -= size
        if size < 0 or self.bytes_left < 0:
            raise ArchiveError(
                f"its content is larger than {FREE_BYTES // 2**30} GiB and {RATIO} times the "
                "archive. If you trust it, unpack it by other means."
            )
        if size > shutil.disk_usage(self.folder).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _end_of(self, link: Place, depth: int) -> Place:
        """The path that a link leads to, through other links."""
        if depth > MOST_LINKS:
            raise ArchiveError(f"{shown('/'.join(link))} is a link that leads in a circle.")
        if link not in self.ends:
            place = link[:-1]
            for part in self.links[link].split("/"):
                if part == ".." and not place:
                    raise ArchiveError(f"{shown('/'.join(link))} is a link that leads outside.")
                place = _step(place, part)
                if place in self.links:
                    place = self._end_of(place, depth + 1)
            self.ends[link] = place
        return self.ends[link]


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def shown(name: str) -> str:
    """A name for messages."""
    return repr(name if len(name) <= 100 else f"{name[:100]}…")


def _place(name: str) -> Place:
    """The path of a member below the folder, also if its name begins with a slash."""
    _check_path(name)
    place: Place = ()
    for part in name.split("/"):
        if part == ".." and not place:
            raise ArchiveError(f"{shown(name)} leads outside of it.")
        place = _step(place, part)
    return place


def _step(place: Place, part: str) -> Place:
    if part == "..":
        return place[:-1]
    return place if part in ("", ".") else (*place, part)


def _check_path(path: str) -> None:
    """Raises unless the name means the same on all systems."""
    if len(path) > LONGEST_PATH or path.count("/") > MOST_PARTS:
        raise ArchiveError(
            f"{shown(path)} has more than {LONGEST_PATH} characters or {MOST_PARTS} parts."
        )
    if re.search(r"[\0\\]", path) or re.match("[A-Za-z]:", path):
        raise ArchiveError(f"{shown(path)} has a zero, a backslash or the letter of a drive.")
