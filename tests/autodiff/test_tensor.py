"""Tensors behave like arrays that nobody can write into."""

import copy
import pickle

import numpy as np
import pytest

from minicnn import GradientTape, KerasTensor, Tensor, Variable, ops


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


NUMPY_ALONE = {
    "np.spacing": np.spacing,
    "np.add.reduceat": lambda x: np.add.reduceat(x, [0, 1]),
    "np.cov": np.cov,
}


@pytest.mark.parametrize("name", NUMPY_ALONE)
def test_a_numpy_function_without_counterpart_is_named_where_a_tape_watches(x, name):
    with GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(TypeError, match=name.replace(".", r"\.")):
            NUMPY_ALONE[name](x)
    np.testing.assert_array_equal(NUMPY_ALONE[name](x), NUMPY_ALONE[name](x.numpy()))


def test_numpy_answers_about_the_values_of_tensors(x, tmp_path):
    with GradientTape() as tape:
        tape.watch(x)
        assert np.allclose(x, x + 1e-9) is True
        assert np.array_equal(x, x + 1) is False
        assert np.size(x) == 12 and isinstance(np.size(x), int)
        counts, _ = np.histogram(x, bins=3)
        np.save(tmp_path / "x.npy", x)
    assert isinstance(counts, np.ndarray) and counts.sum() == 12
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x.numpy())


def test_positions_that_numpy_finds_are_numbers(x):
    """Not tensors, which are no keys of dicts: `names[np.argmax(model(image)[0])]`."""
    with GradientTape() as tape:
        tape.watch(x)
        best = np.argmax(x, axis=1)
    assert {0: "a", 1: "b", 2: "c", 3: "d"}[best[0]] == "abcd"[int(x.numpy()[0].argmax())]
    assert set(np.unique(best)) == set(x.numpy().argmax(axis=1))
    assert np.argmax(KerasTensor((3, 4)), axis=1).shape == (3,)
    with pytest.raises(TypeError, match=r"np\.array_equiv"):
        np.array_equiv(KerasTensor((3, 4)), 1.0)


def test_the_norm_of_numpy_has_a_gradient(x):
    with GradientTape() as tape:
        tape.watch(x)
        norm = np.linalg.norm(x)
    expected = x.numpy() / np.linalg.norm(x.numpy())
    np.testing.assert_allclose(tape.gradient(norm, x), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x / np.sqrt(64.0),
        lambda x: np.float64(2) * x,
        lambda x: x ** np.float64(2),
        lambda x: x - np.linspace(0, 1, 4),
        lambda x: np.linspace(0, 1, 4) * x,
    ],
)
def test_operators_keep_the_float_type_of_the_tensor(x, expression):
    """As TensorFlow does; `ops.multiply` and its kin promote, as Keras's do."""
    result = expression(x)
    assert result.dtype == "float32"
    np.testing.assert_allclose(result, expression(x.numpy()), rtol=1e-6)
    assert expression(KerasTensor((3, 4))).dtype == "float32"
    assert ops.multiply(x, np.ones(4)).dtype == "float64"
    assert (x.astype("int32") * np.ones(4)).dtype != "int32"


def test_numbers():
    x = Tensor(np.asarray(3.0))
    assert (float(x), int(x), bool(x), f"{x:.2f}") == (3.0, 3, True, "3.00")
    assert [10, 11, 12, 13][Tensor(np.asarray(2))] == 12
    assert (round(x), round(Tensor(np.asarray(2.345)), 1)) == (3, 2.3)
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
