"""Downloads Keras's source archive into a cache outside the repository."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from compare.cli.outcome import CannotCompare

VERSION = "3.15.1"
SHA256 = "92ae7c1dd7f61041953dc2d42253181ee099086f0b58ae36fcf98147a6f08a29"
CACHE = Path("~/.cache/minicnn").expanduser()


def keras_source(given: str | None = None) -> Path:
    """The folder `keras/src` of the unpacked archive, which is downloaded if it is missing."""
    root = Path(given) if given else CACHE / f"keras-{VERSION}"
    source = root / "keras" / "src"
    if not source.is_dir():
        if given:
            raise CannotCompare(f"there is no keras/src in {given}: unpack keras-{VERSION} there.")
        _unpack(_download())
    return source.resolve()


def _download() -> Path:
    """Download the archive with pip, which uses the user's settings (a mirror, a proxy)."""
    archive = CACHE / f"keras-{VERSION}.tar.gz"
    if not archive.exists():
        print(f"Downloading keras {VERSION} from the package index into {CACHE}")
        wanted = ["--no-deps", "--no-binary", ":all:", f"keras=={VERSION}", "--dest", str(CACHE)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotCompare(
                f"keras-{VERSION}.tar.gz could not be downloaded: {done.stderr.strip()[-300:]} "
                "Download and unpack it yourself, and name its folder with --source."
            )
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        archive.unlink()
        raise CannotCompare(f"{archive} was not the archive of keras {VERSION}: removed.")
    return archive


def _unpack(archive: Path) -> None:
    """Unpack into a temporary folder and rename it, so that no incomplete folder is left."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder, tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
        (Path(folder) / f"keras-{VERSION}").rename(CACHE / f"keras-{VERSION}")
