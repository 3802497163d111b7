"""Files that layers keep beside their weights, such as vocabularies.

A layer writes them in `save_assets(self, folder)` and reads them in `load_assets(self, folder)`.
They lie in the archive under `assets/` and the layer's path.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from minicnn.saving.archive import read_member
from minicnn.saving.saveables import walk
from minicnn.utils.atomic import temporary_folder

_FOLDER = "assets"
_PLACE = Path(tempfile.gettempdir()) / "minicnn-assets"


def save_assets(model: Any, archive: zipfile.ZipFile) -> None:
    """Have all layers write their files, and put these into the archive."""
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
                archive.write(file, f"{_FOLDER}/{file.relative_to(root).as_posix()}")


def read_assets(archive: zipfile.ZipFile, description: str) -> dict[PurePosixPath, bytes]:
    """The files by their paths below the folder of assets."""
    names = [n for n in archive.namelist() if n.startswith(f"{_FOLDER}/") and not n.endswith("/")]
    return {
        _path_inside(name, description): read_member(archive, name, description) for name in names
    }


def load_assets(model: Any, assets: dict[PurePosixPath, bytes]) -> None:
    """Put the files into a temporary folder, and have all layers read theirs."""
    parts = [(path, part) for path, part in walk(model, set()) if hasattr(part, "load_assets")]
    if not parts:
        return
    with temporary_folder(_PLACE) as root:
        for path, content in assets.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        for path, part in parts:
            folder = root / path
            part.load_assets(str(folder) if folder.is_dir() else None)


def _path_inside(name: str, description: str) -> PurePosixPath:
    path = PurePosixPath(name).relative_to(_FOLDER)
    if ".." in path.parts or path.is_absolute() or "\\" in name or ":" in name:
        raise ValueError(
            f"Not allowed: the file {name!r} in {description} would be unpacked outside its folder."
        )
    return path
