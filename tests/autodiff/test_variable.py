"""Variables are names for tensors."""

import copy

import numpy as np
import pytest

from minicnn import GradientTape, Variable, initializers, name_scope, ops
from minicnn.autodiff import AutocastScope
from minicnn.autodiff.variable_scopes import keep_state


def test_assigning_replaces_the_tensor():
    v = Variable([1.0, 2.0])
    before = v.value
    v.assign([3.0, 4.0])
    v.assign_add([1.0, 1.0])
    v.assign_sub([0.0, 2.0])
    np.testing.assert_array_equal(v.numpy(), [4, 3])
    np.testing.assert_array_equal(before, [1, 2])


def test_the_array_that_came_in_stays_the_callers():
    array = np.array([1.0, 2.0], "float32")
    v = Variable(array)
    array[0] = 9
    assert v.numpy()[0] == 1
    v.assign(array)
    array[0] = 7
    assert v.numpy()[0] == 9


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (1.0, None, "float32"),
        ([1, 2], None, "int32"),
        (np.ones(2), None, "float64"),
        (np.ones(2, "int64"), None, "int64"),
        (np.ones(2), "float16", "float16"),
        (True, None, "bool"),
    ],
)
def test_types(value, dtype, expected):
    assert Variable(value, dtype=dtype).dtype == expected


def test_made_by_an_initializer():
    v = Variable(initializers.Constant(2.0), shape=(2, 3), dtype="float64")
    np.testing.assert_array_equal(v.numpy(), np.full((2, 3), 2.0))
    assert Variable("zeros", shape=(2,)).shape == (2,)
    with pytest.raises(ValueError, match="shape"):
        Variable(initializers.Constant(2.0))


def test_errors_say_what_came():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\).*weight"):
        Variable([1.0, 2.0], name="weight").assign([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="cannot contain character `/`"):
        Variable(1.0, name="a/b")
    with pytest.raises(ValueError, match="aggregation"):
        Variable(1.0, aggregation="sometimes")
    with pytest.raises(TypeError, match="cannot be used as a boolean"):
        bool(Variable(1.0))


def test_paths():
    with name_scope("outer"), name_scope("inner"):
        assert Variable(1.0, name="w").path == "outer/inner/w"
    assert Variable(1.0, name="w").path == "w"


def test_trainable_decides_what_is_watched():
    v = Variable([1.0])
    v.trainable = False
    with GradientTape() as tape:
        y = v * v
    assert tape.gradient(y, v) is None
    v.trainable = True
    with GradientTape() as tape:
        y = v * v
    assert tape.gradient(y, v) == 2.0


def test_autocast_reads_in_the_compute_type_and_keeps_the_gradient():
    v, count = Variable([1.5]), Variable([1])
    with AutocastScope("float16"), GradientTape() as tape:
        assert (v.dtype, v.value.dtype.name, count.dtype) == ("float16", "float16", "int32")
        y = v * 3
    assert y.dtype == "float16"
    gradient = tape.gradient(y, v)
    assert (gradient.dtype, float(gradient[0])) == ("float32", 3.0)
    with pytest.raises(ValueError, match="floating-point"):
        AutocastScope("int8")


def test_state_can_be_kept():
    v = Variable(1.0)
    with keep_state():
        v.assign(2.0)
    assert float(v) == 1.0


def test_copies_are_apart():
    v = Variable([1.0], name="w")
    twin = copy.deepcopy(v)
    twin.assign([5.0])
    assert (float(v[0]), float(twin[0]), twin.name) == (1.0, 5.0, "w")
    with GradientTape() as tape:
        y = ops.sum(twin * twin)
    assert tape.gradient(y, [v, twin])[0] is None


@pytest.mark.parametrize("name", ["regularizer", "constraint"])
def test_attributes_that_must_be_functions(name):
    v = Variable([1.0])
    for value in (lambda w: w, None):
        setattr(v, name, value)
        assert getattr(v, name) is value
    with pytest.raises(ValueError, match=f"Invalid value for attribute `{name}`.*'l2'"):
        setattr(v, name, "l2")
    assert getattr(v, name) is None


def test_overwrite_with_gradient_is_true_or_false():
    v = Variable([1.0])
    v.overwrite_with_gradient = True
    with pytest.raises(TypeError, match=r"must be a boolean\. Received: .*'true'"):
        v.overwrite_with_gradient = "true"
    assert v.overwrite_with_gradient is True


@pytest.mark.parametrize("convert", [int, float])
def test_only_a_scalar_is_a_number(convert):
    assert convert(Variable(2.0)) == 2
    for shape in ((1,), (2, 2)):
        with pytest.raises(TypeError, match="Only scalar arrays can be converted"):
            convert(Variable(np.ones(shape)))


def test_plus_round_and_text():
    v = Variable([1.25, -2.75], name="v")
    with GradientTape() as tape:
        y = +v * 3.0
    assert np.array_equal(tape.gradient(y, v), [3, 3])
    assert np.array_equal(round(v), [1, -3])
    assert np.array_equal(round(v, 1), np.round([1.25, -2.75], 1).astype("float32"))
    assert repr(v) == "<Variable path=v, shape=(2,), dtype=float32, value=[ 1.25 -2.75]>"
