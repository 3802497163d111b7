"""Runs Keras's own unit tests, unmodified, on minicnn.

The source archive of one version of Keras is downloaded from the package index into a cache. Its
tests run with the names `keras` and `keras.src` bound to minicnn (`shims.py`); the table in
`names.py` says where minicnn has a name in another module. A row shows how many tests of a file
passed, failed and were skipped. `known_failures.json` lists the known failures with their reasons;
any other failure fails the command.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import StreamedTable, print_table, progress
from compare.conformance import known_failures
from compare.conformance.archive import keras_source
from compare.conformance.known_failures import Result

SUMMARY = "run Keras's own unit tests on minicnn"
COLUMNS = {"file": 60, "passed": 6, "failed": 6, "skipped": 7, "not known": 9, "passes now": 10}
# Some files of each kind, which take less than a minute.
QUICK = (
    "activations/activations_test.py",
    "callbacks/early_stopping_test.py",
    "constraints/constraints_test.py",
    "layers/activations",
    "layers/convolutional/conv_test.py",
    "layers/core/dense_test.py",
    "layers/merging/merging_test.py",
    "layers/normalization/batch_normalization_test.py",
    "layers/pooling/max_pooling_test.py",
    "layers/regularization/dropout_test.py",
    "losses/losses_test.py",
    "metrics/accuracy_metrics_test.py",
    "models/sequential_test.py",
    "optimizers/adam_test.py",
    "optimizers/sgd_test.py",
    "regularizers/regularizers_test.py",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare conformance`."""
    parser.add_argument(
        "files",
        nargs="*",
        help="files or folders below keras/src (default: all in known_failures.json)",
    )
    parser.add_argument("--quick", action="store_true", help="some files of each kind, in a minute")
    parser.add_argument("--source", metavar="FOLDER", help="the unpacked archive, if there is one")
    parser.add_argument("--tests", metavar="FILE", help="a JSON list of the tests to report")
    parser.add_argument(
        "--failures", action="store_true", help="list all failures, including the known ones"
    )
    parser.add_argument(
        "--record", action="store_true", help="write the present failures to known_failures.json"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run the files and compare their failures with the known ones."""
    if options.record and options.tests:
        raise CannotCompare("--record is for whole files: leave out --tests.")
    source = keras_source(options.source)
    known = known_failures.read()
    names = [*options.files, *(QUICK if options.quick else ())]
    files = test_files(source, names) if names else list(known["files"])
    if not files:
        raise CannotCompare("known_failures.json is empty: name the files to run.")
    results = _run(source, files, known, _wanted(options.tests))
    reasons = _reasons(results, known)
    _print_reasons(reasons)
    _print_tests(results, known, options.failures)
    unexplained = known_failures.record(known, results) if options.record else []
    summary = {
        "passed": sum(r.passed for r in results),
        "failed": sum(len(r.failed) for r in results),
        "skipped": sum(r.skipped for r in results),
        "not known": sum(len(r.unexpected) for r in results),
        "known": reasons,
    }
    failure = f"no reason is known for {', '.join(unexplained)}." if unexplained else None
    if not options.record:
        failure = _failure(results)
    return Outcome([r._asdict() for r in results], summary, failure)


def test_files(source: Path, names: list[str]) -> list[str]:
    """The test files with these names, and those in the folders with these names."""
    files: list[Path] = []
    for name in names:
        path = source / name
        found = sorted(path.rglob("*_test.py")) if path.is_dir() else [path] * path.is_file()
        if not found:
            raise CannotCompare(f"there are no tests in {name} below keras/src.")
        files += found
    return list(dict.fromkeys(file.relative_to(source).as_posix() for file in files))


def _wanted(file: str | None) -> set[str] | None:
    if file is None:
        return None
    try:
        return set(json.loads(Path(file).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise CannotCompare(f"{file} is not a JSON list of tests: {error}") from error


def _run(source: Path, files: list[str], known: dict, wanted: set[str] | None) -> list[Result]:
    from compare.conformance.runner import WHOLE_FILE, preload, run_file

    table, results = StreamedTable(COLUMNS), []
    preload()
    with tempfile.TemporaryDirectory() as folder:
        for i, file in enumerate(files):
            progress(i, len(files), file)
            found = run_file(source, file, Path(folder))
            if wanted is not None:
                found = [f for f in found if f"{file}::{f.test}" in wanted or f.test == WHOLE_FILE]
            results.append(known_failures.result(known, file, found, whole=wanted is None))
            progress(1, 1, "")
            table.add(_row(results[-1]), _colour(results[-1]))
    table.add(("all", *map(sum, list(zip(*map(_row, results), strict=True))[1:])))
    return results


def _row(r: Result) -> tuple:
    return (r.file, r.passed, len(r.failed), r.skipped, len(r.unexpected), len(r.passes_now))


def _colour(r: Result) -> str:
    return "bad" if r.unexpected or r.vanished else "note" if r.failed else "good"


def _reasons(results: list[Result], known: dict[str, Any]) -> dict[str, int]:
    """The known failures, counted by reason."""
    counts = Counter(
        known_failures.known(known, r.file)[test]
        for r in results
        for test in r.failed
        if test not in r.unexpected
    )
    texts = {key: reason["text"] for key, reason in known["reasons"].items()}
    return {texts.get(key, key): n for key, n in counts.most_common()}


def _print_reasons(reasons: dict[str, int]) -> None:
    if reasons:
        print()
        print_table(("known failures", "reason"), [(n, text) for text, n in reasons.items()])


def _print_tests(results: list[Result], known: dict[str, Any], all_failures: bool) -> None:
    """Print the unknown failures, and the known failures that pass now, one by one."""
    rows, colours = [], []
    for r in results:
        reasons = known_failures.known(known, r.file)
        for test, why in r.failed.items():
            unexpected = test in r.unexpected
            if unexpected or all_failures:
                what = "fails" if unexpected else f"known: {reasons[test]}"
                rows.append((f"{r.file}::{test}", what, (why.splitlines() or [""])[0][:160]))
                colours.append("bad" if unexpected else "note")
        rows += [(f"{r.file}::{test}", "passes now", "") for test in r.passes_now]
        colours += ["good"] * len(r.passes_now)
        if r.vanished:
            rows.append((r.file, "lacks tests", f"{r.vanished} fewer than when it was recorded"))
            colours.append("bad")
    if rows:
        print()
        print_table(("test", "", "why"), rows, colours)


def _failure(results: list[Result]) -> str | None:
    bad = [r for r in results if r.unexpected or r.vanished]
    if not bad:
        return None
    tests = sum(len(r.unexpected) for r in bad)
    files = ", ".join(r.file for r in bad[:5]) + (" and more" if len(bad) > 5 else "")
    vanished = sum(r.vanished for r in bad)
    gone = f" and {vanished} tests are gone" if vanished else ""
    return f"{tests} tests fail that are not known failures{gone}, in {files}."
