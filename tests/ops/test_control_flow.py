"""Branches and loops, on values and while drawing a model."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn import KerasTensor, ops
from minicnn.testing import check_gradients


def test_cond():
    assert ops.cond(True, lambda: 1, lambda: 2) == 1
    assert ops.cond(ops.convert_to_tensor(False), lambda: 1, lambda: 2) == 2
    spec = ops.cond(KerasTensor((), "bool"), lambda: ops.ones((2, 3)), lambda: ops.zeros((2, 3)))
    assert spec.shape == (2, 3)


def test_cond_refuses_results_of_two_kinds():
    with pytest.raises(ValueError, match="of the same kind"):
        ops.cond(KerasTensor((), "bool"), lambda: ops.ones(2), lambda: ops.zeros(3))


def test_switch_stays_inside():
    branches = [lambda x: x + 1, lambda x: x * 10]
    assert [ops.switch(i, branches, 3) for i in (-4, 0, 1, 9)] == [4, 4, 30, 30]


def test_while_loop():
    last, total = ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 0))
    assert (int(last), int(total)) == (5, 10)
    assert int(ops.while_loop(lambda i: i < 5, lambda i: i + 1, 0, maximum_iterations=2)) == 2


def test_fori_loop_is_differentiable():
    def power(x):
        return ops.fori_loop(0, 3, lambda i, value: value * x, x)

    check_gradients(power, np.array([1.1, -0.7]))


def test_map_and_vectorized_map():
    x = np.arange(6.0).reshape(3, 2)
    for function in (ops.map, ops.vectorized_map):
        result = function(lambda row: {"sum": ops.sum(row), "row": 2 * row}, x)
        np.testing.assert_array_equal(result["sum"], x.sum(axis=1))
        np.testing.assert_array_equal(result["row"], 2 * x)
        spec = function(lambda row: ops.sum(row), KerasTensor((None, 2)))
        assert spec.shape == (None,)
    check_gradients(lambda x: ops.map(lambda row: ops.sum(row * row), x), x)


def test_map_of_nothing():
    assert ops.map(lambda row: ops.sum(row), np.ones((0, 2))).shape == (0,)


@pytest.mark.parametrize("reverse", [False, True])
def test_scan(reverse):
    x = np.array([1.0, 2.0, 4.0])
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), 0.5, x, reverse=reverse)
    assert float(carry) == 7.5
    expected = [0.5, 3.0, 14.0] if not reverse else [6.5, 9.0, 2.0]
    np.testing.assert_allclose(ys, expected)
    check_gradients(lambda x: ops.scan(lambda c, x: (c * x, c + x), ops.ones(()), x), x)


def test_scan_without_xs():
    carry, ys = ops.scan(lambda c, _: (c * 2, c), 1, length=4)
    assert int(carry) == 16
    np.testing.assert_array_equal(ys, [1, 2, 4, 8])
    with pytest.raises(ValueError, match="to scan over and"):
        ops.scan(lambda c, x: (c, x), 1)


@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan(reverse):
    x = np.arange(1.0, 7.0).reshape(2, 3)
    result = ops.associative_scan(ops.add, x, axis=1, reverse=reverse)
    expected = np.cumsum(x[:, ::-1], 1)[:, ::-1] if reverse else np.cumsum(x, 1)
    np.testing.assert_array_equal(result, expected)


def test_loops_in_a_drawn_model():
    inputs = keras.Input((3,))
    outputs = keras.layers.Lambda(lambda x: ops.fori_loop(0, 2, lambda i, v: v * 2, x))(inputs)
    model = keras.Model(inputs, outputs)
    np.testing.assert_array_equal(model(np.ones((2, 3))), 4 * np.ones((2, 3)))


def test_vectorize():
    larger = ops.vectorize(lambda x, y: x if x > y else y)
    np.testing.assert_array_equal(larger([[1, 5], [7, 2]], 4), [[4, 5], [7, 4]])
    norms = ops.vectorize(ops.norm, signature="(n)->()")
    x = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(norms(x), np.linalg.norm(x, axis=1), rtol=1e-6)


def test_jvp_is_the_derivative_along_a_direction():
    x, t = np.array([0.3, -0.7]), np.array([2.0, 0.5])
    value, tangent, extra = ops.jvp(
        lambda x: (ops.sin(x) * ops.sum(x), ops.exp(x)), (x,), (t,), has_aux=True
    )
    step = 1e-6
    expected = (np.sin(x + step * t) * (x + step * t).sum() - np.sin(x) * x.sum()) / step
    np.testing.assert_allclose(tangent, expected, atol=1e-5)
    np.testing.assert_allclose(value, np.sin(x) * x.sum())
    np.testing.assert_allclose(extra, np.exp(x))
