"""Keeps the answers of Keras to all cases of the last whole run of `parity`.

They do not depend on minicnn, so `mutants --sample` uses them as long as `compare` is unchanged;
`parity` itself asks Keras each time.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "runs" / "parity"


def digest(parts: Iterable[str], root: Path = ROOT, leave_out: str = "") -> str:
    """A digest of the text of files and of all Python files in folders.

    Files of a folder whose path begins with `leave_out` do not count.
    """
    result = hashlib.sha256()
    for part in sorted(set(parts)):
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            name = file.relative_to(root).as_posix()
            if leave_out and name.startswith(leave_out) and not part.startswith(leave_out):
                continue
            result.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return result.hexdigest()[:12]


def keep(backend: str, answers: list[Any]) -> None:
    """Store the answers to all cases, in their order."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = _path(backend)
    for old in FOLDER.glob(f"answers-{backend}-*"):
        old.unlink()
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(pickle.dumps(answers))
    unfinished.rename(path)


def kept(backend: str) -> list[Any] | None:
    """The stored answers, or None if there are none or `compare` has changed since."""
    path = _path(backend)
    return pickle.loads(path.read_bytes()) if path.exists() else None


def _path(backend: str) -> Path:
    return FOLDER / f"answers-{backend}-{digest(['compare'], leave_out='compare/mutants/')}.pickle"
