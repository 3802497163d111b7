"""Runs a Keras program twice, on real Keras and with the name keras bound to minicnn.

Compares the last line of JSON that each run prints, and the History of every `fit`. Names, texts,
lengths and whole numbers must be equal. Fractions may differ by `--within`, as the two libraries
draw different random numbers. Each run has a temporary folder of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import print_table
from compare.libraries import EXTRAS
from compare.libraries.worker import QUIET, check_installed

SUMMARY = "run a Keras program on both and compare its printed results and its training"
HEADS = ("what", "minicnn", "Keras", "difference", "verdict")
ABSENT = "(nothing)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare script`."""
    parser.add_argument("file", metavar="FILE.py", help="the program")
    parser.add_argument("arguments", nargs="*", help="its own arguments, after --")
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--within",
        type=float,
        default=0.1,
        help="how far fractions may differ, relative to the larger of them and 1 (default 0.1)",
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run the program on both libraries and compare the results."""
    file = Path(options.file).resolve()
    if not file.is_file():
        raise CannotCompare(f"there is no file {options.file}.")
    check_installed(options.backend)
    keras = _run("keras", file, options)
    ours = _run("minicnn", file, options)
    results = differences(ours, keras, options.within)
    rows = [
        (r["what"], r["minicnn"], r["keras"], r["difference"], "holds" if r["holds"] else "differs")
        for r in results
    ]
    print_table(HEADS, rows, [None if r["holds"] else "bad" for r in results])
    failed = [r["what"] for r in results if not r["holds"]]
    summary = {"file": str(file), "compared": len(results), "failed": len(failed)}
    if not results:
        return Outcome(failure=f"{file.name} prints no line of JSON and calls no fit.")
    failure = f"{file.name} differs in {', '.join(failed[:5])}." if failed else None
    return Outcome(results, summary, failure)


def differences(ours: dict, keras: dict, within: float) -> list[dict[str, Any]]:
    """Compare every value of either result with that of the other."""
    mine, theirs = leaves(ours), leaves(keras)
    compared = []
    for what in dict.fromkeys([*theirs, *mine]):
        a, b = mine.get(what, ABSENT), theirs.get(what, ABSENT)
        difference = None
        if _is_number(a) and _is_number(b):
            difference = abs(a - b) / max(1.0, abs(a), abs(b))
        fraction = isinstance(a, float) or isinstance(b, float)
        holds = a == b or (fraction and difference is not None and difference <= within)
        compared.append(
            {"what": what, "minicnn": a, "keras": b, "difference": difference, "holds": holds}
        )
    return compared


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """The values of nested lists and dicts, by their paths."""
    if isinstance(value, dict):
        items = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
    else:
        return {path: value}
    return {where: leaf for key, item in items for where, leaf in leaves(item, key).items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _run(which: str, file: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run the program on one library: its last line of JSON and its histories."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**QUIET, **os.environ, "KERAS_BACKEND": options.backend}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as records:
        record = Path(records) / "histories.json"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "compare.script.run_program",
                which,
                record,
                file,
                *options.arguments,
            ],
            cwd=folder,
            env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise CannotCompare(_failure(which, file, done))
        return {"printed": last_json(done.stdout), "fit": json.loads(record.read_text())}


def last_json(text: str) -> Any:
    """The last line that is a JSON object or list; an empty object if there is none."""
    for line in reversed(text.splitlines()):
        if line.strip()[:1] in ("{", "["):
            try:
                return json.loads(line)
            except json.JSONDecodeError:
                continue
    return {}


def _failure(which: str, file: Path, done: subprocess.CompletedProcess) -> str:
    name = {"keras": "real Keras"}.get(which, which)
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    last = lines[-1][:300] if lines else "It printed no error."
    if done.returncode < 0:
        return f"the process of {file.name} on {name} crashed by signal {-done.returncode}. {last}"
    return f"{file.name} ended with exit code {done.returncode} on {name}: {last}"
