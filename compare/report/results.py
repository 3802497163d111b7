"""The files that the other commands wrote with `--json`, read and checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from compare.outcome import CannotCompare

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
KEYS = {"command": str, "passed": bool, "results": list, "summary": dict}


class Result(NamedTuple):
    """What one command found."""

    file: str
    command: str
    passed: bool
    failure: str | None
    results: list[dict[str, Any]]
    summary: dict[str, Any]
    options: dict[str, Any]

    @property
    def backend(self) -> str:
        """Keras's backend, if the command has one, as its makers write it."""
        name = str(self.options.get("backend") or "")
        return BACKENDS.get(name, name)


class Unreadable(NamedTuple):
    """A file that is no result, and why."""

    file: str
    why: str


def files(names: Iterable[str]) -> list[Path]:
    """The files that are named, and the JSON files in the folders that are named."""
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if not path.exists():
            raise CannotCompare(f"there is no file or folder {name}.")
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not found:
        raise CannotCompare(
            f"there are no JSON files in {', '.join(names)}: "
            "write some with, say, `python -m compare parity --json FILE`."
        )
    return list(dict.fromkeys(found))


def read(path: Path) -> Result | Unreadable:
    """The result in a file."""
    try:
        told = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        return Unreadable(str(path), f"it cannot be read: {error}")
    if isinstance(told, dict) and isinstance(told.get("measurements"), list):
        told = {"command": "benchmarks", "passed": True, "results": [told], "summary": {}}
    wrong = _lacking(told)
    if wrong:
        return Unreadable(str(path), f"it is no result of a command of compare: {wrong}")
    return Result(
        str(path),
        told["command"],
        told["passed"],
        told.get("failure"),
        told["results"],
        told["summary"],
        told.get("options") or {},
    )


def _lacking(told: Any) -> str | None:
    if not isinstance(told, dict):
        return f"it holds a {type(told).__name__}, not an object"
    for key, kind in KEYS.items():
        if not isinstance(told.get(key), kind):
            return f"it has no {key!r}" if key not in told else f"its {key!r} is of another type"
    if not all(isinstance(result, dict) for result in told["results"]):
        return "its 'results' are not all objects"
    return None
