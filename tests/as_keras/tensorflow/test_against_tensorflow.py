"""TensorFlow's names give what real TensorFlow gives: values, types and shapes."""

import contextlib
import inspect
import io
import types

import numpy as np
import pytest

from minicnn import ops
from minicnn.as_keras import tensorflow as table
from tests.as_keras.tensorflow.cases import CASES, MORE, at


@pytest.fixture(scope="module")
def real(keras):
    return pytest.importorskip("tensorflow")


@pytest.fixture
def ours():
    return table.Names("tensorflow", lambda name: f"no {name}")


@pytest.fixture
def x(rng):
    """Arrays for the cases; see there."""
    f, g = (rng.normal(size=(4, 3)).astype("float32") for _ in range(2))
    q = rng.normal(size=(3, 3)).astype("float32")
    return types.SimpleNamespace(
        f=f,
        g=g,
        p=np.abs(f) + 0.1,
        d=rng.normal(size=(4, 3)),
        i=rng.integers(-9, 9, (4, 3)).astype("int32"),
        b=f > 0,
        u=rng.integers(0, 256, (2, 5, 7, 3)).astype("uint8"),
        m=rng.random((2, 5, 7, 3)).astype("float32"),
        q=q @ q.T + 2 * np.eye(3, dtype="float32"),
        kernel=rng.normal(size=(2, 3, 3, 4)).astype("float32"),
    )


def assert_alike(found, expected):
    if isinstance(expected, (list, tuple)) and not hasattr(expected, "dtype"):
        assert len(found) == len(expected)
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            try:
                assert_alike(one, other)
            except AssertionError as error:
                raise AssertionError(f"result {number}: {error}") from None
        return
    expected = np.asarray(expected)
    assert ops.dtype(found) == expected.dtype.name
    assert tuple(found.shape) == expected.shape
    np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("label", CASES)
def test_one_function(label, real, ours, x):
    path, call = CASES[label]
    assert_alike(call(at(ours, path), x), call(at(real, path), x))


@pytest.mark.parametrize("label", MORE)
def test_a_family(label, real, ours, x):
    assert_alike(MORE[label](ours, x), MORE[label](real, x))


def test_bicubic_resizing(real, ours, x):
    """TensorFlow takes its weights from a table of 1024 steps, so that it is off by as much."""
    found = ours.image.resize(x.m, (10, 10), method="bicubic")
    expected = real.image.resize(x.m, (10, 10), method="bicubic").numpy()
    np.testing.assert_allclose(found, expected, atol=2 / 1024)


def functions():
    return sorted(name for name, value in table.fill().items() if inspect.isfunction(value))


def test_every_name_is_one_of_tensorflow_and_takes_its_arguments(real):
    """Names, their order and those left out of the end only."""
    wrong = []
    for name in functions():
        try:
            theirs = at(real, name)
        except AttributeError:
            wrong.append(name)
            continue
        expected = [*_parameters(theirs)]
        found = [*_parameters(table.fill()[name])]
        if expected and found != expected[: len(found)]:
            wrong.append((name, found, expected))
    assert wrong == []


def _parameters(function):
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return
    for each in known:
        if each.name == "name":
            continue
        if each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL) or each.name[0] == "_":
            return
        yield each.name


def test_types_are_tensorflow_s(real, ours):
    for name in ("float32", "int64", "uint8", "bool", "bfloat16", "float16"):
        one, other = getattr(ours, name), getattr(real, name)
        assert one.name == other.name
        assert (one.is_floating, one.is_integer, one.size) == (
            other.is_floating,
            other.is_integer,
            other.size,
        )
    assert ours.float32.max == real.float32.max
    assert ours.constant(1.0).dtype == ours.float32 != ours.int32
    assert ours.as_dtype(np.float64) == "float64" == ours.double
    shape, theirs = ours.TensorShape([None, 3]), real.TensorShape([None, 3])
    assert shape.as_list() == theirs.as_list()
    assert (shape.rank, shape.ndims) == (theirs.rank, theirs.ndims)
    assert shape.num_elements() is theirs.num_elements() is None
    assert (shape + [4]).as_list() == (theirs + [4]).as_list()
    assert shape.is_compatible_with((5, 3)) is theirs.is_compatible_with((5, 3)) is True


PRINTED = {
    "digits": lambda tf: (
        tf.constant([0.1, 1 / 3, 12345.678, 1e6, 1.5e8, 2e-5, 0.0, -0.7]) / 7,
        tf.constant(1 / 3),
    ),
    "numbers": lambda tf: ("loss", tf.constant(1.5), tf.constant(3), True),
    "long": lambda tf: (tf.range(10), tf.range(6)),
    "matrix": lambda tf: (tf.constant([[1.0, 2.25], [1e-7, -3.0]]),),
    "cube": lambda tf: (tf.reshape(tf.range(8), (2, 2, 2)),),
    "list": lambda tf: ([tf.constant(1.0), "a"], {"k": tf.constant([1, 2])}),
}


@pytest.mark.parametrize("label", PRINTED)
def test_print(label, real, ours, capfd):
    real.print(*PRINTED[label](real), sep=" | ")
    expected = capfd.readouterr().err
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        ours.print(*PRINTED[label](ours), sep=" | ")
    assert stream.getvalue() == expected
