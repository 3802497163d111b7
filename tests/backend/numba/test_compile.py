"""Compiled code is kept where that is possible, and a read-only machine is no obstacle."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.backend.numba import compile as compilation

PROGRAM = (
    "import numpy as np; from minicnn.backend import kernels;"
    "assert kernels.relu(np.array([-1., 2.])).tolist() == [0, 2];"
    "from minicnn.backend.numba.activations import _relu; import numba;"
    "print(type(_relu._cache).__name__, numba.config.CACHE_DIR)"
)


@pytest.fixture
def installed_read_only(tmp_path):
    """A copy of the package in a folder that Numba cannot write beside."""
    package = tmp_path / "site" / "minicnn"
    ignored = shutil.ignore_patterns("__pycache__", "*.npz", "*.gz")
    shutil.copytree(Path(minicnn.__file__).parent, package, ignore=ignored)
    # A file where Numba would make its folder stops even the superuser.
    (package / "backend" / "numba" / "__pycache__").write_text("")
    return package.parent


def run(site, tmp_path, temporary):
    environment = {
        **{name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"},
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MINICNN_BACKEND": "numba",
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
        "TMPDIR": str(temporary),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


@pytest.mark.skipif(sys.platform == "win32", reason="uses Unix paths")
def test_a_read_only_machine_gets_a_private_temporary_folder(installed_read_only, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    _, folder = run(installed_read_only, tmp_path, temporary)
    assert Path(folder).parent == temporary
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    assert list(Path(folder).rglob("*.nbc"))


@pytest.mark.skipif(sys.platform == "win32", reason="uses Unix paths")
def test_a_folder_that_others_can_write_is_not_trusted(installed_read_only, tmp_path):
    temporary = tmp_path / "temporary"
    folder = temporary / f"minicnn-{os.getuid()}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert run(installed_read_only, tmp_path, temporary) == ["NullCache"]
    assert not list(folder.iterdir())


def test_what_counts_as_compilable():
    single, double = np.ones(2, "float32"), np.ones(2, "float64")
    assert compilation.same_float(single, single)
    assert compilation.same_float(double)
    assert not compilation.same_float(single, double)
    assert not compilation.same_float(np.ones(2, "float16"))
    assert not compilation.same_float(np.ones(2, int))
    assert not compilation.same_float(np.ones(2, ">f4"))
