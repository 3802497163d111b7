"""A test file that cannot be imported is an error, not a skip that nobody sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What becomes of a test file, by its first line.
BECOMES = {
    "x = = 1": "ERROR",
    "1 / 0": "ERROR",
    "import minicnn.nothing": "ERROR",
    "from minicnn import nothing": "ERROR",
    "import package_that_is_nowhere": "SKIPPED",
    "import pytest; pytest.importorskip('package_that_is_nowhere')": "SKIPPED",
    "import math": "PASSED",
}


def test_a_test_file_is_skipped_only_for_a_package_that_is_not_installed(tmp_path):
    for i, line in enumerate(BECOMES):
        (tmp_path / f"test_{i}.py").write_text(f"{line}\n\n\ndef test_nothing():\n    pass\n")
    options = ["-q", "-rA", "--continue-on-collection-errors", "-p", "tests.conftest"]
    options += ["-p", "no:cacheprovider", "-c", "pyproject.toml", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 1, run.stdout
    summary = run.stdout[run.stdout.index("short test summary") :].splitlines()
    for i, (line, outcome) in enumerate(BECOMES.items()):
        found = {row.split()[0] for row in summary if f"test_{i}.py" in row} & {*BECOMES.values()}
        assert found == {outcome}, (line, run.stdout)
