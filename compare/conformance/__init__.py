"""Keras's own unit tests, unmodified, against minicnn.

The archive of a pinned Keras is fetched from the package index into a cache. Its tests run with
`keras` and `keras.src` bound to minicnn by shims; where minicnn has a name in another place, one
table says so. A row shows the tests of a file that passed, failed and were skipped, and how that
differs from `standing.json`, where each known failure is listed with its reason. A failure that is
not listed there fails the command.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from compare.conformance.archive import keras_source
from compare.outcome import Outcome
from compare.table import print_table, progress

SUMMARY = "run Keras's own unit tests against minicnn"
HEADS = ("file", "passed", "failed", "skipped", "of the failed, not known")
STANDING = Path(__file__).with_name("standing.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare conformance`."""
    parser.add_argument(
        "files", nargs="*", help="files or folders below keras/src (default: all in standing.json)"
    )
    parser.add_argument("--source", metavar="FOLDER", help="the unpacked archive, if there is one")
    parser.add_argument("--tests", metavar="FILE", help="a JSON list of the tests to look at")
    parser.add_argument("--failures", action="store_true", help="list failures with their reasons")
    parser.add_argument(
        "--record", action="store_true", help="write where minicnn stands into standing.json"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run the files and compare with where minicnn stood."""
    from compare.conformance.running import run_file

    source = keras_source(options.source)
    standing = json.loads(STANDING.read_text()) if STANDING.exists() else {}
    files = test_files(source, options.files) or list(standing)
    if not files:
        return Outcome(failure="there are no test files of these names.")
    wanted = set(json.loads(Path(options.tests).read_text())) if options.tests else None
    results, rows, colours = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for i, file in enumerate(files):
            progress(i, len(files), file)
            found = run_file(source, file, Path(folder))
            if wanted is not None:
                found = [f for f in found if f"{file}::{f.test}" in wanted or "(" in f.test]
            result = summed_up(file, found, standing.get(file, {}))
            results.append(result)
            rows.append([result[key] for key in ("file", "passed", "failed", "skipped", "new")])
            colours.append("bad" if result["new"] else "note" if result["failed"] else "good")
    progress(len(files), len(files), "")
    return _outcome(options, results, rows, colours)


def _outcome(options: argparse.Namespace, results: list, rows: list, colours: list) -> Outcome:
    total = {key: sum(r[key] for r in results) for key in ("passed", "failed", "skipped", "new")}
    print_table(HEADS, [*rows, ["all", *total.values()]], colours)
    if options.failures:
        failures = [(r["file"], test, why) for r in results for test, why in r["failures"].items()]
        print()
        print_table(
            ("file", "test", "why"),
            [(f, t, w.splitlines()[0][:150] if w else w) for f, t, w in failures],
        )
    if options.record:
        _record(results)
    new = [f"{r['file']} ({r['new']})" for r in results if r["new"]]
    failure = f"failures that are not known: {', '.join(new)}." if new else None
    return Outcome(results, total, None if options.record else failure)


def test_files(source: Path, names: list[str]) -> list[str]:
    """The test files that these names of files and folders mean."""
    files: list[Path] = []
    for name in names:
        path = source / name
        files += sorted(path.rglob("*_test.py")) if path.is_dir() else [path] * path.is_file()
    return [file.relative_to(source).as_posix() for file in files]


def summed_up(file: str, found: list, standing: dict) -> dict[str, Any]:
    """The counts of a file, and which failures are not known."""
    counts = Counter(f.outcome for f in found)
    failures = {f.test: f.why for f in found if f.outcome == "failed"}
    known = standing.get("failures", {})
    return {
        "file": file,
        **{outcome: counts[outcome] for outcome in ("passed", "failed", "skipped")},
        "new": sum(test not in known for test in failures),
        "failures": failures,
    }


def _record(results: list[dict[str, Any]]) -> None:
    """Where minicnn stands, with the reasons that are there already kept."""
    standing = json.loads(STANDING.read_text()) if STANDING.exists() else {}
    for result in results:
        known = standing.get(result["file"], {}).get("failures", {})
        failures = {
            test: known.get(test) or (why.splitlines() or [""])[0][:120]
            for test, why in result["failures"].items()
        }
        counts = {key: result[key] for key in ("passed", "failed", "skipped")}
        standing[result["file"]] = {**counts, "failures": failures}
    STANDING.write_text(json.dumps(dict(sorted(standing.items())), indent=1) + "\n")
