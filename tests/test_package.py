"""What a user gets: a light import, the command, and a wheel with everything in it."""

import importlib.metadata
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import minicnn

ROOT = Path(__file__).parent.parent
HEAVY = ("numba", "h5py", "pooch", "matplotlib", "requests", "tensorflow", "keras", "threadpoolctl")


def python(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_import_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time, numpy; start = time.perf_counter(); import minicnn;"
        "print(time.perf_counter() - start, *sys.modules)"
    )
    seconds, *modules = python(code).split()
    assert set(modules).isdisjoint(HEAVY)
    assert float(seconds) < 0.5


def test_every_public_name_can_be_had():
    assert all(hasattr(minicnn, name) for name in minicnn.__all__)


def test_every_module_can_be_imported():
    """With all extras; an import that fails would leave out the examples of a module silently."""
    skipped = ("minicnn.__main__",)
    for module in pkgutil.walk_packages(minicnn.__path__, "minicnn."):
        if module.name not in skipped:
            importlib.import_module(module.name)


def test_version_stands_in_one_place():
    assert importlib.metadata.version("minicnn") == minicnn.__version__
    shown = python("from minicnn.cli import main; main(['--version'])")
    assert shown.startswith(f"minicnn {minicnn.__version__}, after Keras 3.")


def test_the_wheel_carries_data_licence_and_types(tmp_path):
    pytest.importorskip("hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*build, "--directory", tmp_path], check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("minicnn-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "minicnn/py.typed",
        "minicnn/datasets/mnist.npz",
        "minicnn/datasets/mnist.LICENCE.md",
        "minicnn/layers/__init__.py",
        "minicnn/studio/page/index.html",
        "minicnn/studio/page/main.js",
        "minicnn/studio/page/style.css",
    } <= names
    assert {name.split("/")[0] for name in names} == {
        "minicnn",
        f"minicnn-{minicnn.__version__}.dist-info",
    }
