"""Files that layers save beside their weights, such as vocabularies.

A layer writes them in `save_assets(self, folder)` and reads them in `load_assets(self, folder)`.
In the archive they are under `assets/` and the layer's path.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from minicnn.common.atomic import temporary_folder
from minicnn.saving.archive import ASSETS, ArchiveReader
from minicnn.saving.limits import FileRefused
from minicnn.saving.parts_of_model import walk

_PLACE = Path(tempfile.gettempdir()) / "minicnn-assets"


def save_assets(model: Any, archive: zipfile.ZipFile) -> None:
    """Calls every layer's `save_assets` and puts the files into the archive."""
    parts = [(path, part) for path, part in walk(model, set()) if hasattr(part, "save_assets")]
    if not parts:
        return
    with temporary_folder(_PLACE) as root:
        for path, part in parts:
            folder = root / path
            folder.mkdir(parents=True, exist_ok=True)
            part.save_assets(str(folder))
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, f"{ASSETS}{file.relative_to(root).as_posix()}")


def load_assets(model: Any, archive: ArchiveReader, description: str) -> None:
    """Unpacks the files into a temporary folder and calls every layer's `load_assets`."""
    places = {name: _path_inside(name, description) for name in archive.names(ASSETS)}
    parts = [(path, part) for path, part in walk(model, set()) if hasattr(part, "load_assets")]
    if not parts:
        return
    with temporary_folder(_PLACE) as root:
        for name, place in places.items():
            file = root / place
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(name))
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise FileRefused(
                    f"{description} has {name!r} as a file and as a folder."
                ) from error
        for path, part in parts:
            folder = root / path
            part.load_assets(str(folder) if folder.is_dir() else None)


def _path_inside(name: str, description: str) -> PurePosixPath:
    path = PurePosixPath(name).relative_to(PurePosixPath(ASSETS))
    odd = any(character in name for character in "\\:\0") or any(len(p) > 200 for p in path.parts)
    if ".." in path.parts or path.is_absolute() or odd:
        raise FileRefused(
            f"Not allowed: the file {name[:200]!r} in {description} would be unpacked outside its "
            "folder."
        )
    return path
