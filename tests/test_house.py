"""Imports point down the house, and importing minicnn costs next to nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn

ROOT = Path(minicnn.__file__).parent

FLOORS = [
    {
        "version",
        "tree",
        "config",
        "global_state",
        "build_once",
        "naming",
        "shapes",
        "scopes",
        "dtypes",
    },
    {"utils"},
    {"backend"},
    {"autodiff"},
    {"dtype_policies", "ops"},
    {"random", "activations", "constraints", "initializers", "regularizers"},
    {"layers", "losses", "metrics", "optimizers"},
    {"callbacks", "datasets", "mixed_precision", "models", "saving", "trainers"},
    {"cli", "__main__", "studio"},
]
"""From the ground up. What stands on one floor may use what is on it and below."""

EVERYWHERE = {"saving.serialization_lib", "saving.object_registration"}
"""Objects as plain data: of no floor, since each of them has something to write down."""


def floor_of(module: str) -> int:
    first = module.split(".")[0]
    return next(i for i, floor in enumerate(FLOORS) if first in floor)


def imports_of(path: Path) -> set[str]:
    """What a file imports of minicnn when it is imported itself, not what its functions do."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "minicnn":
            found |= {f"minicnn.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("minicnn.") for name in found if name.startswith("minicnn.")}


FILES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    own = floor_of(str(path.relative_to(ROOT).with_suffix("")).replace("/", "."))
    upward = {
        name
        for name in imports_of(path)
        if floor_of(name) > own and not any(name.startswith(free) for free in EVERYWHERE)
    }
    assert not upward, f"on floor {own}, but it imports from above: {upward}"


def test_nothing_heavy_comes_with_the_import():
    """Numba, HDF5 and the like are imported when they are first needed; nothing is compiled."""
    code = (
        "import sys, minicnn; from minicnn import Model, Sequential, datasets, layers, losses,"
        " metrics, optimizers, saving, callbacks;"
        "heavy = {'numba', 'llvmlite', 'h5py', 'pooch', 'matplotlib', 'tqdm', 'scipy', 'keras',"
        " 'tensorflow', 'pandas'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
