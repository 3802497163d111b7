"""Which version of the source a kernel was compiled from.

Numba compiles a function again when the time stamp of its file changes. That is too little for
kernels that use functions and constants of other files, and too much for a file that was only
copied. What counts here is the text of the file and of all files of the backends it imports from.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

BACKEND = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r"^\s*from minicnn\.backend\.([\w.]+) import (\([^)]*\)|.*)$", re.MULTILINE)


@functools.cache
def source_version(file: str) -> str:
    """A digest of the texts that decide what the kernels of a file do."""
    files = {Path(file).resolve()}
    new = list(files)
    while new:
        found = _imported(new.pop()) - files
        files |= found
        new += found
    digests = sorted(_digest(path) for path in files)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@functools.cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.cache
def _imported(path: Path) -> frozenset[Path]:
    """The files of the backends that a file imports from."""
    names = set()
    for module, imported in _IMPORT.findall(path.read_text(encoding="utf-8")):
        names |= {module, *(f"{module}.{name}" for name in re.findall(r"\w+", imported))}
    places = [BACKEND.joinpath(*name.split(".")) for name in names]
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return frozenset(file for file in files if file.is_file())
