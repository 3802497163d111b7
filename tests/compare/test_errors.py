import numpy as np
import pytest

from compare.errors import UNIT, error, explained

TRUTH = np.array([1.0, -3.0, 1e-5])


def test_an_error_counts_units_in_the_last_place_of_the_entry():
    found = TRUTH.astype("float32")
    found[0] = np.nextafter(np.float32(1), np.float32(2))
    relative, ulp = error(found, TRUTH)
    assert relative == pytest.approx(2**-23 / 3)
    assert ulp == pytest.approx(1)


def test_the_rest_of_a_cancellation_is_counted_in_units_of_a_thousandth():
    found = TRUTH.astype("float32")
    found[2] += np.spacing(np.float32(3e-3))
    assert error(found, TRUTH).ulp == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(
    "found",
    [
        TRUTH[:2],
        TRUTH.reshape(1, 3),
        np.array([1.0, np.nan, 0.0]),
        np.array([1.0, -3.0, np.inf]),
    ],
)
def test_other_shapes_and_special_values_are_infinitely_wrong(found):
    assert error(found, TRUTH) == (np.inf, np.inf)


def test_special_values_may_be_the_truth():
    special = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert error(special.astype("float32"), special) == (0, 0)
    assert error(-special, special).relative == np.inf


@pytest.mark.parametrize("kind", ["bool", "int32", "complex64"])
def test_other_types(kind):
    values = np.array([0, 1, 1]).astype(kind)
    assert error(values, values) == (0, 0)
    assert error(values, values[::-1]).relative == 1


def test_zeros_must_be_zeros():
    assert error(np.float32([1e-30]), np.zeros(1)).relative == np.inf
    assert explained(np.zeros(1), [np.zeros(1)]) == 0


def test_rounding_explains_the_difference_of_perturbed_results():
    alike = explained(TRUTH, [TRUTH])
    assert alike == 16 * UNIT
    assert explained(TRUTH, [TRUTH + 3e-3]) == pytest.approx(16 * (1e-3 + UNIT))
