"""`get_file`: downloads a file into the cache."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from minicnn.common import configuration
from minicnn.common.atomic import temporary_folder
from minicnn.utils.archives import is_zip, unpack


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | Path = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: str | Path | None = None,
    force_download: bool = False,
) -> str:
    """Downloads a file unless the cache has it, and returns its path.

    The file is downloaded under a temporary name and renamed, so that the cache never has a part of
    a file.

    Args:
        fname: the name in the cache; that in the address by default.
        origin: the address.
        untar: the older name of `extract`.
        md5_hash: the older name of `file_hash`, for MD5.
        file_hash: the hash of the file. A file in the cache with another hash is replaced.
        cache_subdir: the folder in the cache, or an absolute path.
        hash_algorithm: "sha256", "md5" or "auto", which decides by the hash's length.
        extract: whether to unpack a zip or tar archive, and return the folder. Members that
            lead outside of it are refused, as are archives whose content is larger than 1 GiB
            and 100 times their own size.
        archive_format: "zip", "tar" or "auto", which decides by the content.
        cache_dir: the cache; `MINICNN_HOME`, `KERAS_HOME` or ~/.keras by default.
        force_download: whether to download the file even if the cache has it.

    Raises:
        ValueError: if the file's hash is not the one given, the archive is damaged or refused, or
            the arguments make no sense.
    """
    import pooch

    if not origin:
        raise ValueError('Please specify the "origin" argument, the address of the file.')
    name = str(fname) if fname else Path(urlsplit(origin).path).name
    if not name:
        raise ValueError(
            f"Can't parse the file name from the origin provided: '{origin}'. Please specify the "
            "`fname` argument."
        )
    if not re.fullmatch(r"[^/\\]+", name) or name in (".", ".."):
        raise ValueError(
            "Paths are no longer accepted as the `fname` argument; use `cache_dir` and "
            f"`cache_subdir` for the folder. Received: fname={fname}"
        )
    folder = Path(cache_dir or configuration.minicnn_home()).expanduser() / cache_subdir
    extract = extract or untar
    file_name, folder_name = _names(name, bool(fname)) if extract else (name, "")
    if force_download and not (folder / file_name).is_dir():
        (folder / file_name).unlink(missing_ok=True)
    _make_folder(folder)
    _require_file_or_nothing(folder / file_name)
    path = pooch.retrieve(
        origin, _hash(file_hash, md5_hash, hash_algorithm), file_name, folder, progressbar=True
    )
    return str(_unpack(Path(path), folder / folder_name, archive_format) if extract else path)


def _names(name: str, is_given: bool) -> tuple[str, str]:
    """Keras's names of an archive and of the folder that it is unpacked to."""
    if is_given and "." in name:
        return name, f"{name.partition('.')[0]}_extracted"
    return f"{name}_archive", name


def _hash(file_hash: str | None, md5_hash: str | None, algorithm: str) -> str | None:
    if file_hash is None and md5_hash is None:
        return None
    if file_hash is None:
        return f"md5:{md5_hash}"
    if algorithm == "auto":
        algorithm = "sha256" if len(file_hash) == 64 else "md5"
    return f"{algorithm}:{file_hash}"


def _require_file_or_nothing(path: Path) -> None:
    """Raises for a pipe or a folder: reading it would block, or fail without a clear error."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a file: remove it, so that one can be fetched.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder {folder} cannot be made ({error.strerror})"
        raise OSError(error.errno, reason) from None


def _unpack(archive: Path, folder: Path, archive_format: str) -> Path:
    """Unpacks beside the folder and renames, so that the folder is complete or does not exist."""
    if folder.is_dir():
        return folder
    if os.path.lexists(folder):
        raise ValueError(f"{folder} is not a folder: remove it, so that one can be unpacked.")
    if archive_format in ("zip", "tar") and is_zip(archive) != (archive_format == "zip"):
        raise ValueError(f"{archive} is not a {archive_format} archive.")
    with temporary_folder(folder) as temporary:
        target = temporary / folder.name
        unpack(archive, target)
        try:
            target.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process may have made it at the same time
                raise
    return folder
