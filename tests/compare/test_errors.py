import numpy as np
import pytest

from compare.errors import ALLOWED, UNIT, error, explained, limits, share

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


# Limits of single entries


def test_the_limit_of_an_entry_is_relative_to_it_where_nothing_cancels():
    truth = np.array([1.0, 1e-2, 1e-4])
    found = limits(truth, [truth * (1 + UNIT), truth * (1 - UNIT / 2)])
    np.testing.assert_allclose(found, 2 * ALLOWED * UNIT * truth + UNIT)


def test_a_spread_that_is_small_by_chance_counts_as_that_of_similar_entries(rng):
    truth = rng.normal(size=200)
    moved = truth + 1e-6 * rng.normal(size=(2, 200))
    moved[:, 7] = truth[7]
    assert limits(truth, moved)[7] > ALLOWED * 3e-7
    assert limits(truth, moved)[7] < ALLOWED * 3e-6


def test_entries_of_a_mixing_algorithm_have_the_limit_of_the_largest(rng):
    truth = rng.normal(size=200)
    moved = truth + 1e-6 * rng.normal(size=(2, 200))
    found = limits(truth, moved, mixing=True)
    assert np.ptp(found) == 0
    assert found.max() == pytest.approx(explained(truth, list(moved)) * np.abs(truth).max())


def test_limits_of_special_values_and_zeros():
    truth = np.array([np.inf, np.nan, 0.0, 2.0])
    found = limits(truth, [truth])
    assert found[:2].tolist() == [0, 0]
    assert found[2] == pytest.approx(ALLOWED * 2 * UNIT)  # nothing was perturbed
    assert limits(np.zeros(3), [np.ones(3)]).tolist() == [0, 0, 0]
    assert limits(np.float64(2.0), [np.float64(2.0)]).shape == ()


def test_the_share_names_the_entry_that_is_nearest_to_its_limit():
    truth = np.array([[1.0, 2.0], [np.inf, 3.0]])
    found = truth + np.array([[0.1, 0.0], [0.0, 0.2]])
    assert share(found, truth, np.full((2, 2), 0.4)) == (pytest.approx(0.5), (1, 1))
    assert share(truth, truth, np.zeros((2, 2)))[0] == 0
    assert share(truth + 1, truth, np.zeros((2, 2)))[0] == np.inf
    assert share(truth[0], truth, np.zeros((2, 2))) == (np.inf, ())
    assert share(-truth, truth, np.ones((2, 2)))[0] == np.inf
