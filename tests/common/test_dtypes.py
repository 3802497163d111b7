import ast
import itertools
import pathlib
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from minicnn import config
from minicnn.common import dtypes

REAL = ("bool", *dtypes.INT_TYPES, *dtypes.FLOAT_TYPES)
ALL = (*REAL, *dtypes.COMPLEX_TYPES, int, float, None)


@pytest.mark.parametrize("floatx", ["float32", "float16", "float64"])
def test_result_type_of_every_pair_is_keras_s(keras, floatx):
    keras.config.set_floatx(floatx)
    config.set_floatx(floatx)
    try:
        for pair in itertools.product(ALL, repeat=2):
            assert dtypes.result_type(*pair) == keras.backend.result_type(*pair), pair
    finally:
        keras.config.set_floatx("float32")


def test_result_type_of_triples_is_keras_s(keras, rng):
    for _ in range(500):
        triple = [ALL[i] for i in rng.integers(len(ALL), size=3)]
        assert dtypes.result_type(*triple) == keras.backend.result_type(*triple), triple


@pytest.mark.parametrize("dtype", [*ALL, str, bool, complex, "int", "string", np.float64, np.uint8])
def test_single_types_are_keras_s(keras, dtype):
    assert dtypes.standardize_dtype(dtype) == keras.backend.standardize_dtype(dtype)
    if dtype not in (str, "string"):
        assert dtypes.result_type(dtype) == keras.backend.result_type(dtype)


def test_result_type_of_nothing_is_floatx():
    assert dtypes.result_type() == "float32"


def test_result_type_follows_floatx_when_it_changes():
    assert dtypes.result_type(int, float) == "float32"
    config.set_floatx("float64")
    assert dtypes.result_type(int, float) == "float64"


def test_numpy_s_float64_is_not_mistaken_for_python_s_float():
    assert np.dtype("float64") == float
    assert dtypes.result_type("float32", np.dtype("float64")) == "float64"
    assert dtypes.result_type("float32", float) == "float32"


@pytest.mark.parametrize("name", REAL)
def test_numpy_types_go_back_and_forth(name):
    array_type = dtypes.numpy_dtype(name)
    assert dtypes.standardize_dtype(array_type) == name
    assert dtypes.standardize_dtype(np.zeros(1, array_type).dtype) == name


def test_types_of_other_libraries():
    class OfTorch:
        def __str__(self):
            return "torch.float16"

    assert dtypes.standardize_dtype(OfTorch()) == "float16"


@pytest.mark.parametrize("bad", ["float31", "object", "torch.float32", np.dtype("datetime64[s]")])
def test_unknown_types_are_refused(bad):
    with pytest.raises(ValueError, match=r"Invalid dtype:.*float32"):
        dtypes.standardize_dtype(bad)


def test_float8_does_not_promote():
    with pytest.raises(ValueError, match="no implicit conversion"):
        dtypes.result_type("float8_e5m2", "float32")


def test_bfloat16_needs_ml_dtypes(monkeypatch):
    dtypes._has_ml_dtypes.cache_clear()
    dtypes._standardized.cache_clear()
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    try:
        with pytest.raises(ValueError, match="pip install ml_dtypes"):
            dtypes.standardize_dtype("bfloat16")
    finally:
        dtypes._has_ml_dtypes.cache_clear()


def test_kinds():
    assert dtypes.is_float_dtype("bfloat16")
    assert dtypes.is_float_dtype(np.float16)
    assert not dtypes.is_float_dtype("int32")
    assert dtypes.is_int_dtype("uint8")
    assert not dtypes.is_int_dtype("bool")
    assert not dtypes.is_int_dtype("float32")


IDENTITY = (ast.Is, ast.IsNot)
NAMES_OF_TYPES = re.compile(r"dtype|^(BOOL|U?INT|B?FLOAT|COMPLEX)\d*$")
NOT_ARRAY_TYPES = {"None", "int", "float", "bool", "complex", "str"}


def name_of(node):
    return getattr(node, "attr", None) or getattr(node, "id", None) or ast.unparse(node)


def compared_by_identity(tree):
    """Lines where a type of arrays is compared with `is`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], IDENTITY):
            names = [name_of(side) for side in (node.left, *node.comparators)]
            if any(map(NAMES_OF_TYPES.search, names)) and not NOT_ARRAY_TYPES & {*names}:
                yield node.lineno


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x.dtype is FLOAT32", True),
        ("x.array.dtype is not np.dtype('int32')", True),
        ("dtype is own", True),
        ("x.dtype == FLOAT32", False),
        ("x.dtype is None", False),
        ("dtype is int", False),
        ("x is y", False),
    ],
)
def test_a_comparison_by_identity_is_found(code, found):
    assert [*compared_by_identity(ast.parse(code))] == [1] * found


def test_types_of_arrays_are_never_compared_by_identity():
    """Equal types may be different objects: those of files, of `pickle`, of other libraries."""
    root = pathlib.Path(dtypes.__file__).parents[1]
    files = {p: [*compared_by_identity(ast.parse(p.read_text()))] for p in root.rglob("*.py")}
    assert len(files) > 100
    assert not {str(path): lines for path, lines in files.items() if lines}


@pytest.mark.parametrize("name", [*REAL, *dtypes.COMPLEX_TYPES])
def test_an_array_gets_the_type_object_of_numpy(name):
    own = dtypes.numpy_dtype(name)
    array = np.arange(3).astype(own)
    strange = [array, pickle.loads(pickle.dumps(array))]
    if name != "bfloat16":
        strange.append(array.astype(np.dtype(own.str, metadata={"a": 1})))
        strange.append(array.astype(own.newbyteorder()))
    for x in strange:
        y = dtypes.with_own_dtype(x)
        assert id(y.dtype) == id(own)
        np.testing.assert_array_equal(y, array)
    assert dtypes.with_own_dtype(array) is array
    assert id(dtypes.with_own_dtype(np.ones(2, np.longlong)).dtype) == id(np.dtype("int64"))


@pytest.mark.parametrize("dtype", ["U3", "S2", object, "datetime64[s]", [("a", "f4")]])
def test_an_array_of_another_kind_stays_as_it_is(dtype):
    array = np.zeros(2, dtype)
    assert dtypes.with_own_dtype(array) is array


def test_bfloat16_is_known_in_a_fresh_program():
    """NumPy knows the name only after ml_dtypes was imported."""
    program = "import minicnn; print(minicnn.Variable([1.5], dtype='bfloat16').numpy().dtype)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == "bfloat16", found.stderr
