"""Each number of each table in `backend/`, against SciPy, exact fractions or its definition."""

from __future__ import annotations

import ast
import importlib
import math
import pkgutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from minicnn import backend
from minicnn.backend.numba import exponentials
from minicnn.backend.numba.conv.winograd import transforms
from minicnn.backend.numpy import activations, special

scipy_special = pytest.importorskip("scipy.special")


def from_to(low, high):
    return np.linspace(low, high, 2001)


def ratio(name):
    return lambda x: special._ratio(getattr(special, name), x)


# By table: where it is used, the function that it approximates there, and that function in SciPy.
APPROXIMATIONS = {
    "ERF_SMALL": (
        from_to(0.001, 0.5),
        lambda x: x * ratio("ERF_SMALL")(x * x),
        scipy_special.erf,
    ),
    "ERFC_MIDDLE": (from_to(0.5, 4), ratio("ERFC_MIDDLE"), scipy_special.erfcx),
    "ERFC_LARGE": (
        from_to(4, 30),
        lambda x: (math.pi**-0.5 - ratio("ERFC_LARGE")(x**-2) / (x * x)) / x,
        scipy_special.erfcx,
    ),
    "QUANTILE_CENTRE": (
        from_to(0.001, 0.425),
        lambda q: q * ratio("QUANTILE_CENTRE")(0.180625 - q * q),
        lambda q: 2**0.5 * scipy_special.erfinv(2 * q),
    ),
    "QUANTILE_MIDDLE": (
        from_to(1.6, 5),
        lambda r: ratio("QUANTILE_MIDDLE")(r - 1.6),
        lambda r: -scipy_special.ndtri_exp(-r * r),
    ),
    "QUANTILE_TAIL": (
        from_to(5, 27),
        lambda r: ratio("QUANTILE_TAIL")(r - 5),
        lambda r: -scipy_special.ndtri_exp(-r * r),
    ),
}
LIMIT = 2e-15  # relative, in float64


def worst(name):
    x, ours, truth = APPROXIMATIONS[name]
    return np.max(np.abs(ours(x) / truth(x) - 1))


@pytest.mark.parametrize("name", APPROXIMATIONS)
def test_an_approximation_is_right_wherever_it_is_used(name):
    assert worst(name) < LIMIT


ENTRIES = [
    (name, part, i)
    for name in APPROXIMATIONS
    for part in (0, 1)
    for i in range(len(getattr(special, name)[part]))
]


@pytest.mark.parametrize(("name", "part", "i"), ENTRIES)
def test_the_test_above_sees_a_small_change_of_each_entry(name, part, i, monkeypatch):
    changed = [list(row) for row in getattr(special, name)]
    changed[part][i] *= 1 + 1e-4
    monkeypatch.setattr(special, name, changed)
    assert worst(name) > LIMIT


def test_the_constants_of_selu_keep_mean_and_variance():
    """Klambauer et al. (2017): a normal number is mapped to one of mean 0 and variance 1."""
    scale, alpha = activations.SELU_SCALE, activations.SELU_ALPHA
    # ∫ exp(kx) φ(x) dx over x < 0 is exp(k²/2) Φ(-k).
    once, twice = (math.exp(k * k / 2) * scipy_special.ndtr(-k) for k in (1, 2))
    mean = 1 / math.sqrt(2 * math.pi) + alpha * (once - 0.5)
    square = 0.5 + alpha**2 * (twice - 2 * once + 0.5)
    assert abs(mean) < 4e-16
    assert abs(scale**2 * square - 1) < 2e-15


def test_the_constants_of_compiled_exponentials():
    e = exponentials
    terms = e.SECOND, e.THIRD, e.FOURTH, e.FIFTH, e.SIXTH, e.SEVENTH
    assert [float(c) for c in terms] == [
        float(np.float32(1 / math.factorial(k))) for k in range(2, 8)
    ]
    assert np.float32(math.log2(math.e)) == e.INVERSE_LOG_2
    # n · LOG_2_FIRST has no rounding for the largest n, 150, which has eight binary digits.
    assert float(e.LOG_2_FIRST) * 2**9 == round(float(e.LOG_2_FIRST) * 2**9)
    assert abs(float(e.LOG_2_FIRST) + float(e.LOG_2_REST) - math.log(2)) < 2**-37
    assert np.float32(math.sqrt(8 / math.pi)) == e.ROOT_TWO_BY_PI
    assert np.float32("0.044715") == e.CUBE


# The transforms of lines, by the length of a tile: what is called, and the length of its line.
LINES = {
    "input_line": lambda size: (transforms.input_line, size),
    "input_line_adjoint": lambda size: (transforms.input_line_adjoint, size),
    "output_line": lambda size: (transforms.output_line, size),
    "output_line_adjoint": lambda size: (transforms.output_line_adjoint, size - 2),
    "kernel_line": lambda size: (lambda g: python(transforms.kernel_line)((0,) * size, g), 3),
    "kernel_line_adjoint": lambda size: (transforms.kernel_line_adjoint, size),
}


def python(part):
    return getattr(part, "py_func", part)


def matrix(name, size):
    """The matrix of a line's transform, exactly: a column for each unit vector."""
    line, length = LINES[name](size)
    units = [[Fraction(i == j) for i in range(length)] for j in range(length)]
    return [list(row) for row in zip(*(python(line)(unit) for unit in units), strict=True)]


@pytest.fixture
def in_fractions(monkeypatch):
    """The lines of Winograd's transforms compute with fractions."""
    for name, value in {
        "ONE": Fraction(1),
        "splat": lambda x: x,
        "zero": lambda: Fraction(0),
        "multiply_add": lambda a, b, c: a * b + c,
    }.items():
        monkeypatch.setattr(transforms, name, value)


@pytest.mark.parametrize("size", [4, 6])
def test_winograds_matrices_give_the_convolution_exactly(in_fractions, size):
    """`Aᵀ [(G g) ⊙ (Bᵀ d)]` is what the definition gives, for all numbers g and d of a basis."""
    at, g, bt = (matrix(f"{name}_line", size) for name in ("output", "kernel", "input"))
    for i in range(size - 2):
        for tap in range(3):
            for place in range(size):
                found = sum(at[i][k] * g[k][tap] * bt[k][place] for k in range(size))
                assert found == (place == i + tap)


@pytest.mark.parametrize("size", [4, 6])
@pytest.mark.parametrize("name", ["input_line", "output_line", "kernel_line"])
def test_adjoints_of_winograds_matrices_are_their_transposes(in_fractions, name, size):
    columns = [list(column) for column in zip(*matrix(name, size), strict=True)]
    assert matrix(f"{name}_adjoint", size) == columns


EXPONENTIALS = (
    "SECOND THIRD FOURTH FIFTH SIXTH SEVENTH INVERSE_LOG_2 LOG_2_FIRST LOG_2_REST ROOT_TWO_BY_PI "
    "CUBE"
).split()
TESTED = {
    *(f"numpy.special.{name}" for name in APPROXIMATIONS),
    *(f"numba.exponentials.{name}" for name in EXPONENTIALS),
    "numpy.activations.SELU_ALPHA",
    "numpy.activations.SELU_SCALE",
    # The authors' known answers are in tests/backend/numpy/test_random.py.
    "numpy.random.MULTIPLIERS",
    "numpy.random.KEY_STEPS",
}
# Numbers whose value is their name, times of waiting, a size, and a stand-in for zero.
NO_TABLES = {
    "numba.conv.direct.NO_ENDING",
    "numba.conv.winograd.transforms.ONE",
    *(f"numba.max_pool_2x2.{name}" for name in ("ONE", "TWO", "THREE")),
    "numba.compiler.checked_files.ABANDONED",
    "numba.compiler.compile_notice.SECONDS_BEFORE_NOTICE",
    "numba.pool.WINDOW_2X2",
    "numpy.distributions._SMALLEST_ALPHA",
}


def is_table(value):
    """A float, or numbers in tuples; whole numbers alone are sizes and counts."""
    if isinstance(value, tuple) and value:
        return all(isinstance(x, (int, float)) or is_table(x) for x in value)
    return isinstance(value, (float, np.floating))


def tables():
    """The names of all tables that are assigned in modules of the backends."""
    for found in pkgutil.walk_packages(backend.__path__, "minicnn.backend."):
        module = importlib.import_module(found.name)
        for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
            stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            if stored and is_table(vars(module).get(node.id)):
                yield f"{found.name.removeprefix('minicnn.backend.')}.{node.id}"


def test_every_table_has_a_test():
    assert set(tables()) == TESTED | NO_TABLES
