"""`check_gradients` accepts what is right and refuses what is not."""

import numpy as np
import pytest

from minicnn import ops
from minicnn.testing import CannotCheck, WrongGradient, check_gradients

RANDOM = np.random.default_rng(0)


def test_a_wrong_factor_is_found():
    wrong = ops.custom_gradient(lambda x: (x * x, lambda upstream: upstream * x))
    with pytest.raises(WrongGradient, match=r"(?s)Wrong gradient to input 0.*\[0\].*0\.5 times"):
        check_gradients(wrong, np.array([1.0, 2.0, 3.0]))


def test_a_slope_between_those_of_the_sides_is_right_and_reported():
    report = check_gradients(lambda x: ops.maximum(x, 0.0), np.array([1.0, 0.0]), order=1)
    assert report.rows[0].kinks == [(1,)]
    assert "1 element on a kink" in str(report)


def test_a_slope_outside_is_wrong():
    wrong = ops.custom_gradient(lambda x: (ops.abs(x), lambda c: c * ops.where(x < 0, -1.0, 1.2)))
    with pytest.raises(WrongGradient):
        check_gradients(wrong, np.array([0.0]), order=1)


def test_a_vanishing_gradient_proves_nothing():
    with pytest.raises(AssertionError, match="as good as zero"):
        check_gradients(lambda x: x * 1e-9, np.array([1.0]))


def test_a_gradient_that_cannot_be_differentiated_is_found():
    unrecorded = ops.custom_gradient(
        lambda x: (x**3, lambda upstream: upstream * 3 * np.asarray(x) ** 2)
    )
    with pytest.raises(WrongGradient, match="Wrong second derivative"):
        check_gradients(unrecorded, np.array([1.0, 2.0]))
    check_gradients(unrecorded, np.array([1.0, 2.0]), order=1)


def test_integers_have_no_gradient():
    with pytest.raises(CannotCheck, match="no input is an array of floats"):
        check_gradients(ops.square, np.array([1, 2]))
    report = check_gradients(lambda i, x: i * x, np.array([1, 2]), np.array([1.0, 2.0]), order=1)
    assert [row.name for row in report.rows] == ["input 1"]


def test_random_functions_are_refused():
    with pytest.raises(CannotCheck, match="random"):
        check_gradients(lambda x: x * np.random.random(), np.ones(2))


def test_numpy_results_are_refused():
    with pytest.raises(CannotCheck, match="check_backward"):
        check_gradients(lambda x: np.sin(np.asarray(x)), np.ones(2))


def test_the_taylor_remainder_tells_right_from_wrong():
    x = RANDOM.normal(size=(3, 2))
    report = check_gradients(ops.sin, x, order=1, truth="taylor")
    assert 1.9 < report.rows[0].order < 3.1
    wrong = ops.custom_gradient(lambda x: (ops.sin(x), lambda c: c * ops.cos(x) * 1.01))
    with pytest.raises(WrongGradient, match=r"order 1\.0"):
        check_gradients(wrong, x, order=1, truth="taylor")
