"""Branches and loops, on values and while drawing a model."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
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
    inputs = minicnn.Input((3,))
    outputs = minicnn.layers.Lambda(lambda x: ops.fori_loop(0, 2, lambda i, v: v * 2, x))(inputs)
    model = minicnn.Model(inputs, outputs)
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


X = np.arange(6.0, dtype="float32").reshape(3, 2)


def alternate(a, b):
    """A function that computes `a`, then `b`, then `a` again."""
    seen = []

    def f(*x):
        seen.append(1)
        return (a if len(seen) % 2 else b)(*x)

    return f


# Calls with wrong structures, lengths and functions. Keras takes a few of them.
CALLS = {
    "scan: f gives no pair": lambda ops: ops.scan(lambda c, x: c, X[0], X),
    "scan: f gives three": lambda ops: ops.scan(lambda c, x: (c, x, x), X[0], X),
    "scan: two carries become one": lambda ops: ops.scan(lambda c, x: (c[0], x), [X[0], X[0]], X),
    "scan: xs of two lengths": lambda ops: ops.scan(lambda c, x: (c, x[0]), X[0], [X, X[:2]]),
    "scan: xs of two lengths, the second longer": lambda ops: ops.scan(
        lambda c, x: (c, x[0]), X[0], [X[:2], X]
    ),
    "scan: length too large": lambda ops: ops.scan(lambda c, x: (c, x), X[0], X, length=4),
    "scan: length too small": lambda ops: ops.scan(lambda c, x: (c, x), X[0], X, length=2),
    "scan: ys of other shapes": lambda ops: ops.scan(
        alternate(lambda c, x: (c, x), lambda c, x: (c, x[0])), X[0], X
    ),
    "scan: no function": lambda ops: ops.scan(3, X[0], X),
    "scan: neither xs nor length": lambda ops: ops.scan(lambda c, x: (c, c), X[0]),
    "scan: unroll of 0": lambda ops: ops.scan(lambda c, x: (c, c), X[0], X, unroll=0),
    "associative_scan: two lengths": lambda ops: ops.associative_scan(
        lambda a, b: [a[0], b[1]], [X, X[:2]]
    ),
    "associative_scan: f gives fewer": lambda ops: ops.associative_scan(lambda a, b: a[0], [X, X]),
    "associative_scan: f gives more": lambda ops: ops.associative_scan(lambda a, b: [a, b], X),
    "associative_scan: f gives a list of one": lambda ops: ops.associative_scan(
        lambda a, b: [a[0]], [X, X]
    ),
    "associative_scan: f gives another shape": lambda ops: ops.associative_scan(
        lambda a, b: ops.sum(a), X
    ),
    "associative_scan: axis too large": lambda ops: ops.associative_scan(ops.add, X, axis=2),
    "associative_scan: no function": lambda ops: ops.associative_scan(3, X),
    "associative_scan: a dict for a list": lambda ops: ops.associative_scan(
        lambda a, b: {"a": a[0], "b": b[1]}, [X, X]
    ),
    "map: xs of two lengths": lambda ops: ops.map(lambda x: x[0], [X, X[:2]]),
    "map: xs of two lengths, the second longer": lambda ops: ops.map(
        lambda x: x[0] + x[1], [X[:2], X]
    ),
    "map: other structures": lambda ops: ops.map(alternate(lambda x: x, lambda x: [x, x]), X),
    "map: other shapes": lambda ops: ops.map(alternate(lambda x: x, lambda x: x[0]), X),
    "map: a number": lambda ops: ops.map(lambda x: x, 3.0),
    "map: no function": lambda ops: ops.map(3, X),
    "vectorized_map: xs of two lengths": lambda ops: ops.vectorized_map(
        lambda x: x[0] + x[1], [X, X[:2]]
    ),
    "vectorized_map: a number": lambda ops: ops.vectorized_map(lambda x: x, 3.0),
    "while_loop: body gives fewer": lambda ops: ops.while_loop(
        lambda i, x: i < 3, lambda i, x: (i + 1,), (0, X)
    ),
    "while_loop: body gives more": lambda ops: ops.while_loop(
        lambda i: i < 3, lambda i: (i + 1, i), (0,)
    ),
    "while_loop: body gives one for two": lambda ops: ops.while_loop(
        lambda i, x: i < 3, lambda i, x: i + 1, (0, X)
    ),
    "while_loop: other shapes": lambda ops: ops.while_loop(
        lambda i, x: i < 3, lambda i, x: (i + 1, ops.stack([x, x])), (0, X)
    ),
    "while_loop: condition of several": lambda ops: ops.while_loop(
        lambda x: x < 3, lambda x: x + 1, (X,)
    ),
    "fori_loop: another structure": lambda ops: ops.fori_loop(0, 3, lambda i, x: [x, x], X),
    "fori_loop: another shape": lambda ops: ops.fori_loop(0, 3, lambda i, x: ops.stack([x, x]), X),
    "fori_loop: f of one": lambda ops: ops.fori_loop(0, 3, lambda x: x, X),
    "cond: condition of several": lambda ops: ops.cond(X > 0, lambda: 1, lambda: 2),
    "cond: no function": lambda ops: ops.cond(True, 1, 2),
    "switch: no branches": lambda ops: ops.switch(0, [], X),
    "switch: operands missing": lambda ops: ops.switch(0, [lambda x, y: x, lambda x, y: y], X),
    "switch: no function": lambda ops: ops.switch(0, [1, 2]),
}


def taken(call, of):
    try:
        call(of)
    except Exception as error:
        assert str(error)
        return False
    return True


@pytest.mark.parametrize("name", CALLS)
def test_wrong_structures_and_functions_are_refused_where_keras_refuses_them(name, keras):
    assert taken(CALLS[name], ops) == taken(CALLS[name], keras.ops)


def test_an_error_shows_the_structures():
    with pytest.raises(ValueError, match=r"`body` should return the same.*: \('\*', '\*'\). Rec"):
        ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1,), (0, X))
    with pytest.raises(ValueError, match=r"\(3, 2\), \(2, 2\)"):
        ops.map(lambda x: x[0], [X, X[:2]])


def test_lengths_that_are_not_known_yet():
    unknown, known = KerasTensor((None, 2)), KerasTensor((3, 2))
    assert ops.map(lambda x: x[0] + x[1], [unknown, known]).shape == (3, 2)
    assert ops.scan(lambda c, x: (c, x), X[0], unknown, length=4)[1].shape == (4, 2)
    assert ops.scan(lambda c, x: (c, x), X[0], unknown)[1].shape == (None, 2)
    with pytest.raises(ValueError, match="length=4"):
        ops.scan(lambda c, x: (c, x), X[0], known, length=4)
