"""The files of tests nearest to a mutant by their folders and names, where nothing is recorded."""

from __future__ import annotations

from pathlib import Path

from compare.mutants.sampled.draw import Mutant


def nearest_tests(tree: Path, mutant: Mutant) -> list[str]:
    """The files in the folder of `tests` that mirrors the mutant's, those of its name first."""
    module = Path(mutant.file).relative_to("minicnn").with_suffix("")
    for folder in [tree / "tests" / module, *(tree / "tests" / p for p in module.parents)]:
        found = sorted(folder.rglob("test_*.py")) if folder != tree / "tests" else []
        if found:
            break
    else:
        found = sorted((tree / "tests").glob("test_*.py"))
    named = [path for path in found if _alike(path.stem.removeprefix("test_"), module.name)]
    files = named + [path for path in found if path not in named]
    return [path.relative_to(tree).as_posix() for path in files]


def _alike(a: str, b: str) -> bool:
    return a.startswith(b[:4]) or b.startswith(a[:4])
