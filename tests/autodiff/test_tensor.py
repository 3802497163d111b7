"""Tensors behave like arrays that nobody can write into."""

import copy
import pickle

import numpy as np
import pytest

from minicnn import GradientTape, Tensor, Variable, ops


@pytest.fixture
def x(rng):
    return Tensor(rng.normal(size=(3, 4)).astype("float32"))


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x + 1,
        lambda x: 1 - x,
        lambda x: 2 * x,
        lambda x: 1 / (x * x + 1),
        lambda x: x**2,
        lambda x: 2.0**x,
        lambda x: x // 0.3,
        lambda x: x % 0.7,
        lambda x: -x,
        lambda x: abs(x),
        lambda x: x @ x.T,
        lambda x: x[1:, ::2],
        lambda x: x[..., None],
        lambda x: x[[0, 2]],
        lambda x: x > 0,
        lambda x: (x > 0) & (x < 1),
        lambda x: ~(x > 0),
        lambda x: x.reshape(2, 6),
        lambda x: x.reshape((4, 3)),
        lambda x: x.transpose(),
        lambda x: x.sum(axis=0),
        lambda x: x.mean(),
        lambda x: x.max(axis=-1, keepdims=True),
        lambda x: x.astype("float64"),
        lambda x: np.exp(x),
        lambda x: np.add(x, 1.0),
        lambda x: np.concatenate([x, x], axis=1),
        lambda x: np.sum(x, axis=1),
        lambda x: np.where(x > 0, x, 0),
        lambda x: np.maximum(np.zeros(4, "float32"), x),
    ],
)
def test_operators_methods_and_numpy_functions_agree_with_numpy(x, expression):
    result, expected = expression(x), expression(x.numpy())
    assert isinstance(result, Tensor)
    assert result.shape == expected.shape
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-6, atol=1e-7)


def test_array_on_the_left_is_recorded(rng):
    a, x = rng.normal(size=3), Tensor(rng.normal(size=3))
    with GradientTape() as tape:
        tape.watch(x)
        y = a * x
    np.testing.assert_allclose(tape.gradient(y, x), a)


def test_nothing_writes_into_a_tensor(x):
    before = x.numpy()
    with pytest.raises(TypeError, match=r"ops\.where.*slice_update.*numpy\(\)"):
        x[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0] = 1.0
    with pytest.raises(TypeError, match="in-place"):
        np.add(x, 1.0, out=x)
    np.array(x)[0] = 5.0
    x.numpy()[0] = 5.0
    np.testing.assert_array_equal(x.numpy(), before)


def test_an_array_may_be_added_to(x):
    total = np.zeros((3, 4), "float32")
    total += x
    np.testing.assert_array_equal(total, x.numpy())


def test_a_numpy_function_without_counterpart_is_named(x):
    with pytest.raises(TypeError, match=r"np\.spacing"):
        np.spacing(x)
    with pytest.raises(TypeError, match=r"np\.add\.reduceat"):
        np.add.reduceat(x, [0, 1])


def test_numbers():
    x = Tensor(np.asarray(3.0))
    assert (float(x), int(x), bool(x), f"{x:.2f}") == (3.0, 3, True, "3.00")
    assert [10, 11, 12, 13][Tensor(np.asarray(2))] == 12
    for function in (len, iter):
        with pytest.raises(TypeError, match=r"shape \(\)"):
            function(x)


def test_rows_come_out_one_by_one(x):
    np.testing.assert_array_equal(np.stack([row.numpy() for row in x]), x.numpy())
    assert len(x) == 3


def test_copies(x):
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(twin.numpy(), x.numpy())
        assert twin.record is None


def test_a_variable_stands_for_its_value():
    v = Variable(np.arange(3.0))
    assert isinstance(v + 1, Tensor)
    np.testing.assert_array_equal(v * v, [0, 1, 4])
    np.testing.assert_array_equal(ops.sum(v), 3)
    np.testing.assert_array_equal(np.stack([v, v])[0], v.numpy())
