"""A digest of the source that a compiled function depends on.

Numba compiles a function again when the time stamp of its file changes. But compiled functions also
depend on functions and constants of other files, and a copied file has a new time stamp without a
change. So the digest is of the text of the file and of all files of the backends that it imports.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[2]
_IMPORT = re.compile(r"^\s*from minicnn\.backend\.([\w.]+) import (\([^)]*\)|.*)$", re.MULTILINE)


@functools.cache
def source_version(file: str) -> str:
    """A digest of the text of a file and of all files that it depends on."""
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
    files = _files()
    return frozenset(files[name] for name in names if name in files)


@functools.cache
def _files() -> dict[str, Path]:
    """The path of each file of the backends, by its module name."""
    start = len(str(BACKEND)) + 1
    files = {str(path)[start:-3].replace(os.sep, "."): path for path in BACKEND.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in files.items()}
