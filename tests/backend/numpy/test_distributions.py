"""Moments and distribution functions, with bounds of six standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minicnn.backend.numpy import distributions as D

KEY = (20260101, 5)
COUNT = 40_000


def normal_below(x: np.ndarray) -> np.ndarray:
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])


def assert_distributed(sample: np.ndarray, distribution) -> None:
    """The largest distance between the two distribution functions (Kolmogorov, Smirnov)."""
    x = np.sort(sample.astype(np.float64).ravel())
    below = distribution(x)
    steps = np.arange(len(x) + 1) / len(x)
    distance = max((steps[1:] - below).max(), (below - steps[:-1]).max())
    assert distance < 2.2 / math.sqrt(len(x))  # exceeded once in ten thousand


@pytest.mark.parametrize(("dtype", "digits"), [("float16", 11), ("float32", 24), ("float64", 53)])
def test_uniform(dtype, digits):
    sample = D.uniform(KEY, (COUNT,), dtype)
    assert sample.dtype == dtype
    assert sample.min() >= 0 and sample.max() < 1
    np.testing.assert_array_equal(sample * 2.0**digits % 1, 0)
    if digits > 11:
        assert_distributed(sample, lambda x: x)


def test_normal():
    sample = D.normal(KEY, (COUNT,), "float64")
    assert_distributed(sample, normal_below)
    pairs = sample.reshape(-1, 2)
    assert abs((pairs[:, 0] * pairs[:, 1]).mean()) < 6 / math.sqrt(COUNT / 2)
    np.testing.assert_array_equal(D.normal(KEY, (COUNT,), "float32"), sample.astype("float32"))
    assert D.normal(KEY, (3, 5)).shape == (3, 5)
    assert D.normal(KEY, ()).shape == ()


def test_truncated_normal():
    sample = D.truncated_normal(KEY, (COUNT,))
    assert np.abs(sample).max() <= 2
    low, high = normal_below(np.array([-2.0, 2.0]))
    assert_distributed(sample, lambda x: (normal_below(x) - low) / (high - low))


def test_randint_covers_its_range_evenly():
    counts = np.bincount(D.randint(KEY, (COUNT,), -3, 4) + 3, minlength=7)
    assert (np.abs(counts - COUNT / 7) < 6 * math.sqrt(COUNT / 7)).all()
    assert D.randint(KEY, (10,), 5, 6, "uint8").tolist() == [5] * 10


def test_permutation():
    order = D.permutation(KEY, 1000)
    np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 6 / math.sqrt(1000)
    assert D.permutation(KEY, 0).shape == (0,)


def test_gumbel_draws_from_softmax():
    logits = np.array([0.0, 1.0, 2.0])
    draws = (logits + D.gumbel(KEY, (COUNT, 3), "float64")).argmax(-1)
    expected = np.exp(logits) / np.exp(logits).sum()
    assert (np.abs(np.bincount(draws) / COUNT - expected) < 6 * 0.5 / math.sqrt(COUNT)).all()


@pytest.mark.parametrize("alpha", [0.3, 1.0, 5.5])
def test_gamma(alpha):
    sample = D.gamma(KEY, (COUNT,), alpha, "float64")
    error = 6 * math.sqrt(alpha / COUNT)
    assert abs(sample.mean() - alpha) < error
    assert abs(sample.var() - alpha) < 6 * math.sqrt((2 * alpha**2 + 6 * alpha) / COUNT)
    if alpha == 1:
        assert_distributed(sample, lambda x: 1 - np.exp(-x))


@pytest.mark.parametrize("alpha", [-2.0, -1.0, -0.3, math.nan, math.inf])
@pytest.mark.parametrize("draw", [D.gamma, lambda *a: D.beta(*a, 2.0), lambda *a: D.beta(*a, a[2])])
def test_no_distribution_gives_nan_and_ends(draw, alpha):
    sample = draw(KEY, (4,), np.array([1.5, alpha, 0.2, alpha]))
    np.testing.assert_array_equal(np.isnan(sample), [False, True, False, True])


@pytest.mark.parametrize("alpha", [0.0, 1e-310, 1e-6, 1e-3, 0.05])
def test_beta_of_small_numbers_is_near_an_end(alpha):
    sample = D.beta(KEY, (COUNT,), alpha, alpha)
    assert abs(sample.mean() - 0.5) < 6 * 0.5 / math.sqrt(COUNT)
    # Var = 1 / (4 (2 alpha + 1)), of numbers in [0, 1].
    assert abs(sample.var() - 0.25 / (2 * alpha + 1)) < 6 * 0.25 / math.sqrt(COUNT)


def test_gamma_of_zero_is_zero():
    assert not D.gamma(KEY, (9,), 0.0).any()


def test_binomial():
    sample = D.binomial(KEY, (COUNT,), 10, 0.3)
    exact = [math.comb(10, k) * 0.3**k * 0.7 ** (10 - k) for k in range(11)]
    counts = np.bincount(sample.astype(int), minlength=11) / COUNT
    assert (np.abs(counts - exact) < 6 * 0.5 / math.sqrt(COUNT)).all()


def test_both_backends_draw_the_same_numbers():
    from minicnn import config

    draws = {}
    for name in ("numpy", "numba"):
        config.set_backend(name)
        draws[name] = [
            D.uniform(KEY, (11, 7)),
            D.normal(KEY, (11, 7)),
            D.truncated_normal(KEY, (5,)),
            D.randint(KEY, (9,), 0, 100),
            D.permutation(KEY, 50),
            D.gamma(KEY, (20,), 0.7),
        ]
    for first, second in zip(*draws.values(), strict=True):
        np.testing.assert_array_equal(first, second)
