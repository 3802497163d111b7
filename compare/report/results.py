"""Reads and checks the files that the other commands wrote with `--json`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from compare.cli.outcome import CannotCompare

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
KEYS = {"command": str, "passed": bool, "results": list, "summary": dict}


class Result(NamedTuple):
    """The results of one command."""

    file: str
    command: str
    passed: bool
    failure: str | None
    results: list[dict[str, Any]]
    summary: dict[str, Any]
    options: dict[str, Any]

    @property
    def backend(self) -> str:
        """The usual spelling of Keras's backend; empty if the command has none."""
        name = str(self.options.get("backend") or "")
        return BACKENDS.get(name, name)


class Unreadable(NamedTuple):
    """A file that is not a result, and the reason."""

    file: str
    why: str


def file_name(result: Result) -> str:
    """The name of the program or model that was compared, without its folder."""
    name = result.summary.get("file", result.options.get("file", result.file))
    return Path(str(name)).name


def files(names: Iterable[str]) -> list[Path]:
    """The files with these names, and the JSON files in the folders with these names."""
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if not path.exists():
            raise CannotCompare(f"there is no file or folder {name}.")
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not found:
        raise CannotCompare(
            f"there are no JSON files in {', '.join(names)}: "
            "write one with `python -m compare parity --json FILE`, for example."
        )
    return list(dict.fromkeys(found))


def read(path: Path) -> Result | Unreadable:
    """The result in a file."""
    try:
        data = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        return Unreadable(str(path), f"it cannot be read: {error}")
    if isinstance(data, dict) and isinstance(data.get("measurements"), list):
        data = _of_benchmarks(data)
    wrong = _lacking(data)
    if wrong:
        return Unreadable(str(path), f"it is not a result of a command of compare: {wrong}")
    is_sample = data["command"] == "mutants" and isinstance(data["summary"].get("rooms"), dict)
    return Result(
        str(path),
        "sampled-mutants" if is_sample else data["command"],
        data["passed"],
        data.get("failure"),
        data["results"],
        data["summary"],
        data.get("options") or {},
    )


def _of_benchmarks(data: dict[str, Any]) -> dict[str, Any]:
    """The form that other commands have; a target that was missed is a failure."""
    missed = [
        f"{t['what']} ({ratio(t['reached'])} of {t['least']:g} times)"
        for t in data.get("targets") or []
        if t["verdict"] == "no"
    ]
    return {
        "command": "benchmarks",
        "passed": not missed,
        "failure": f"targets missed: {'; '.join(missed)}." if missed else None,
        "results": [data],
        "summary": {},
    }


def ratio(value: float) -> str:
    """A ratio with two digits that are not rounded up, so that 2.499 is no 2.5.

    >>> ratio(2.4996)
    '2.49'
    """
    return f"{math.floor(100 * value) / 100:g}"


def _lacking(data: Any) -> str | None:
    if not isinstance(data, dict):
        return f"it contains a {type(data).__name__}, not an object"
    for key, kind in KEYS.items():
        if not isinstance(data.get(key), kind):
            return f"it has no {key!r}" if key not in data else f"its {key!r} has the wrong type"
    if not all(isinstance(result, dict) for result in data["results"]):
        return "its 'results' are not all objects"
    return None
