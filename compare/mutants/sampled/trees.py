"""Copies of the source tree that mutants are written into; the checkout is never changed.

A copy includes the machine code that Numba stored beside the source. Its files are hard links to a
first copy: Python and Numba replace the files that they write, and the mutated file is replaced
too, so nothing reaches the first copy. Kernels that do not depend on the mutated file are found
compiled; others have another key (`backend/numba/compiler/source_digest.py`) and are compiled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from compare.cases import pairwise

ROOT = Path(__file__).resolve().parents[3]
NOT_COPIED = {".git", ".venv", "runs", "build", "dist", ".pytest_cache", ".ruff_cache"}
DAY = 24 * 3600.0  # seconds
NOT_COPIED |= {".hypothesis", "node_modules"}


def first_copy(folder: Path) -> Path:
    """The copy of the checkout in this folder, made if it is not there.

    Copies of older states of the source beside it are removed, a day after they were made.
    """
    for old in (*folder.parent.glob("source-*"), *folder.parent.glob("mutant-*")):
        if old != folder and time.time() - old.stat().st_ctime > DAY:
            shutil.rmtree(old, ignore_errors=True)
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.copytree(ROOT, unfinished, symlinks=True, ignore=_ignored)
        if pairwise.KEPT.exists():  # so that no copy combines the cases' values again
            shutil.copytree(pairwise.KEPT, unfinished / pairwise.KEPT.relative_to(ROOT))
        unfinished.rename(folder)
    return folder


def _ignored(folder: str, names: list[str]) -> set[str]:
    return NOT_COPIED & set(names) if Path(folder) == ROOT else set()


@contextlib.contextmanager
def changed(first: Path, file: str, text: str) -> Iterator[Path]:
    """Context with a copy in which a file has another text."""
    with tempfile.TemporaryDirectory(prefix="mutant-", dir=first.parent) as temporary:
        tree = Path(temporary) / "tree"
        shutil.copytree(first, tree, symlinks=True, copy_function=os.link)
        (tree / file).unlink()
        (tree / file).write_text(text, encoding="utf-8")
        yield tree
