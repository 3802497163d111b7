"""Imports point down the house and never run in a circle, those inside functions too."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn

ROOT = Path(minicnn.__file__).parent

FLOORS = (
    "common tree version",
    "backend",
    "autodiff",
    "ops",
    "serialization dtype_policies random activations constraints initializers regularizers utils",
    "layers losses metrics optimizers",
    "callbacks data datasets preprocessing replay saving trainers",
    "models mixed_precision config",
    "as_keras analysis cli __main__ examples studio testing visualization wrappers",
)
"""The rooms from the ground up. A room may use those on its own floor and below."""


def module_name(path: Path) -> str:
    """The dotted name that a file is imported by."""
    name = ".".join(("minicnn", *path.relative_to(ROOT).with_suffix("").parts))
    return name.removesuffix(".__init__")


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@functools.cache
def imports_of(module: str) -> frozenset[str]:
    """The modules of minicnn that a file imports, at its top or inside functions."""
    named = set()
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            named |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found for name in named if (found := _module_of(name)) is not None)


def _module_of(name: str) -> str | None:
    """The module that an import of `name` reaches: itself, or the one that has it as a name."""
    while name and name not in FILES:
        name = name.rpartition(".")[0]
    return name if name and name != "minicnn" else None


def floor_of(module: str) -> int:
    room = module.split(".")[1]
    return next(i for i, rooms in enumerate(FLOORS) if room in rooms.split())


def circles() -> list[list[str]]:
    """Groups of files that reach each other by imports (Tarjan's algorithm)."""
    found, stack, number, low = [], [], {}, {}

    def visit(module):
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in imports_of(module):
            if other not in number:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], number[other])
        if low[module] == number[module]:
            start = stack.index(module)
            group, stack[start:] = stack[start:], []
            if len(group) > 1:
                found.append(sorted(group))

    for module in FILES:
        if module not in number:
            visit(module)
    return found


@pytest.mark.parametrize("module", [name for name in FILES if name != "minicnn"])
def test_imports_point_down(module):
    own = floor_of(module)
    upward = {name for name in imports_of(module) if floor_of(name) > own}
    assert not upward, f"{module} is on floor {own}, but it imports from above: {upward}"


def test_no_circle_of_imports():
    assert circles() == []


def test_every_folder_says_what_is_in_it():
    silent = [
        name
        for name, path in FILES.items()
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


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
