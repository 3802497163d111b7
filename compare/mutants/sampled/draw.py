"""Draws mutants by a seed, from all of them.

All places of all files of the rooms are shuffled by the seed; from the first on, one variant of
each is chosen by the same generator, and those that do not compile are skipped. So each place has
the same chance, however many operators fit it; nothing but the seed and the source decides; and a
smaller sample of a seed is the beginning of a larger one.
"""

from __future__ import annotations

import difflib
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.cli.outcome import CannotCompare
from compare.mutants.sampled.places import Place, Variant, mutate, places

ROOMS = (
    "backend",
    "ops",
    "autodiff",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "random",
    "trainers",
    "saving",
)


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Attributes:
        file: its path from the project's folder.
        place: what is changed.
        operator: the name of cosmic-ray's operator, and its number at this place.
        text: the whole changed file.
        diff: the changed lines.
    """

    file: str
    place: Place
    operator: str
    text: str
    diff: str

    @property
    def room(self) -> str:
        """The folder of minicnn that it is in; the backends apart."""
        parts = self.file.split("/")
        return "/".join(parts[1:3]) if parts[1] == "backend" else parts[1].removesuffix(".py")

    @property
    def identity(self) -> dict[str, str | int]:
        """What names this mutant also after other lines of the file have changed."""
        return {
            "file": self.file,
            "function": self.place.function,
            "original": self.place.original,
            "place": self.place.ordinal,
            "operator": self.operator,
        }

    @property
    def key(self) -> str:
        """A short text for the identity."""
        return key_of(self.identity)


def key_of(identity: dict[str, str | int]) -> str:
    """A short text for the identity of a mutant."""
    return hashlib.sha256(repr(sorted(identity.items())).encode()).hexdigest()[:12]


def draw(root: Path, sample: int, seed: int, under: Sequence[str] = ROOMS) -> list[Mutant]:
    """The first `sample` mutants of a seed, in the files and folders `under` minicnn."""
    sources = {file: (root / file).read_text(encoding="utf-8") for file in _files(root, under)}
    everything = [(file, place) for file, source in sources.items() for place in places(source)]
    generator = random.Random(seed)
    generator.shuffle(everything)
    drawn: list[Mutant] = []
    for file, place in everything:
        if len(drawn) == sample:
            break
        variant = generator.choice(place.variants)
        text = mutate(sources[file], variant)
        if text is not None:
            diff = _diff(sources[file], text)
            drawn.append(Mutant(file, place, _numbered(place, variant), text, diff))
    return drawn


def _files(root: Path, under: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for part in under:
        place = root / "minicnn" / part
        paths = [p for p in [place.with_suffix(".py"), *place.rglob("*.py")] if p.is_file()]
        if not paths and under is not ROOMS:
            raise CannotCompare(f"--under {part}: minicnn has no such file or folder of Python.")
        found.update(path.relative_to(root).as_posix() for path in paths)
    return sorted(found)


def _numbered(place: Place, variant: Variant) -> str:
    same = [v for v in place.variants if v.operator == variant.operator]
    return f"{variant.operator}#{same.index(variant)}"


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))
