"""Runs cases or tests in a process of its own, and writes which lines ran, or how work was cut.

    python -m compare.coverage.run lines parity|tests FILE
    python -m compare.coverage.run pieces parity|tests FILE

For the lines NUMBA_DISABLE_JIT=1 must be set, and minicnn must not be imported before.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from compare.coverage.unreached import PARITY, TESTS

TEST_FOLDER = "tests/backend/numba"
MARKER = "without_jit"
TEST_OF_PIECES = f"{TEST_FOLDER}/test_pieces.py"


def write_lines(by: str, file: str) -> None:
    """Run everything small with nothing compiled, and write coverage's report."""
    import coverage

    with tempfile.TemporaryDirectory() as folder:
        measured = coverage.Coverage(
            branch=True,
            source=[str(Path(find_spec("minicnn").origin).with_name("backend") / "numba")],
            data_file=str(Path(folder, "data")),
            config_file=False,
        )
        measured.start()
        {PARITY: _run_small_cases, TESTS: lambda: _run_tests("-m", MARKER, TEST_FOLDER)}[by]()
        measured.stop()
        measured.save()
        measured.json_report(outfile=file)


def _run_small_cases() -> None:
    from compare.cases import catalogue
    from compare.cases.catalogue import cut_in_pieces
    from minicnn import config

    config.set_threads(2)
    slow = {(case.kind, case.label) for case in cut_in_pieces.SLOW_IN_PYTHON}
    _run([case for case in catalogue.cases() if (case.kind, case.label) not in slow])


def _run(cases: list) -> list[dict]:
    from compare.parity import judge

    return [judge.ours(case) for case in cases]


def _run_tests(*arguments: str) -> None:
    import pytest

    options = ("-q", "-x", "-p", "no:cacheprovider", "--disable-warnings", "--no-header")
    if pytest.main([*options, *arguments]) != pytest.ExitCode.OK:
        sys.exit("a test failed")


def write_pieces(by: str, file: str) -> None:
    """Run everything large on one thread and on two, and write the numbers of pieces."""
    from compare.cases.catalogue import cut_in_pieces, random
    from compare.coverage import pieces

    if by == TESTS:
        found = [_counted(lambda: _run_tests(TEST_OF_PIECES))[0]]
    else:
        found = _parity_pieces([*cut_in_pieces.CASES, *random.CASES])
    named = [*pieces.kernels(), *pieces.cutting_functions()]
    fewest = {name: min(counts.get(name, 0) for counts in found) for name in named}
    Path(file).write_text(json.dumps(fewest))


def _parity_pieces(cases: list) -> list[dict[str, int]]:
    import numpy as np

    from minicnn import config

    runs = []
    for count in (1, 2):
        config.set_threads(count)
        runs.append(_counted(lambda: _run(cases)))
    for case, one, two in zip(cases, runs[0][1], runs[1][1], strict=True):
        for name, value in one.items():
            if isinstance(value, np.ndarray) and value.tobytes() != two[name].tobytes():
                sys.exit(f"{case.label}: {name} differs between one thread and two")
    return [counts for counts, _ in runs]


def _counted(function: Callable) -> tuple[dict[str, int], object]:
    from compare.coverage.pieces import recorded

    with recorded() as record:
        result = function()
    return record.counts(), result


if __name__ == "__main__":
    {"lines": write_lines, "pieces": write_pieces}[sys.argv[1]](*sys.argv[2:])
