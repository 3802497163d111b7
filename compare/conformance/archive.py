"""Keras's source archive: from the package index into a cache, never into the repository."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from compare.outcome import CannotCompare

VERSION = "3.15.1"
SHA256 = "92ae7c1dd7f61041953dc2d42253181ee099086f0b58ae36fcf98147a6f08a29"
CACHE = Path("~/.cache/minicnn").expanduser()


def keras_source(given: str | None = None) -> Path:
    """The folder `keras/src` of the unpacked archive, fetched if it is not there yet."""
    root = Path(given) if given else CACHE / f"keras-{VERSION}"
    source = root / "keras" / "src"
    if not source.is_dir():
        if given:
            raise CannotCompare(f"there is no keras/src in {given}: unpack keras-{VERSION} there.")
        _unpack(_fetch())
    return source.resolve()


def _fetch() -> Path:
    """The archive, with pip, so that its settings (a mirror, a proxy) hold here too."""
    archive = CACHE / f"keras-{VERSION}.tar.gz"
    if not archive.exists():
        print(f"Fetching keras {VERSION} from the package index into {CACHE}")
        wanted = ["--no-deps", "--no-binary", ":all:", f"keras=={VERSION}", "--dest", str(CACHE)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotCompare(
                f"keras-{VERSION}.tar.gz could not be fetched: {done.stderr.strip()[-300:]} "
                f"Get it by other means, unpack it and give --source."
            )
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        archive.unlink()
        raise CannotCompare(f"{archive} was not the archive of keras {VERSION}: removed.")
    return archive


def _unpack(archive: Path) -> None:
    """Unpack beside its place and move there, so that half an archive is never taken for one."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder, tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
        (Path(folder) / f"keras-{VERSION}").rename(CACHE / f"keras-{VERSION}")
