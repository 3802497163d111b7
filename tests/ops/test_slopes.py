"""Derivatives keep their digits at every size of the inputs, in float32 and in float16.

A slope may be off by some units in the last place, by as much as it changes when the inputs change
by a rounding, and by a few of the smallest numbers of
the type (in float32 by a number below its normal ones). Nothing else excuses it.
"""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import GradientTape, config, ops
from tests.ops.slope_cases import ONE, TWO


@pytest.fixture(params=("numpy", "numba"), autouse=True)
def backend(request):
    before = config.backend()
    config.set_backend(request.param)
    yield
    config.set_backend(before)


def _drawn(dtype, domain):
    """Numbers of all sizes and both signs, and many near ±1 and of ordinary size."""
    limits, random = np.finfo(dtype), np.random.default_rng(7)
    lowest = max(-30, np.log10(float(limits.tiny)))
    highest = min(30, np.log10(float(limits.max)) - 0.3)
    sizes = [
        10 ** random.uniform(lowest, highest, 120),
        10 ** random.uniform(-2, 2.3, 200),
        1 - 10 ** random.uniform(-5, -0.3, 60),
        1 + 10 ** random.uniform(-5, 0, 40),
    ]
    sizes = np.concatenate(sizes)
    x = np.concatenate([sizes, -sizes]).astype(dtype)
    return x[(x > domain[0]) & (x < domain[1]) & (x != 0)]


def _drawn_pairs(dtype, domain):
    """Unrelated numbers, numbers of one size, and equal ones."""
    x1, random = _drawn(dtype, domain), np.random.default_rng(8)
    x2, third = random.permutation(x1), len(x1) // 3
    x2[:third] = x1[:third] * random.uniform(0.5, 1.5, third).astype(dtype)
    x2[third : third + 20] = x1[third : third + 20]
    return x1, x2


def _gradients(function, inputs):
    inputs = [ops.convert_to_tensor(x) for x in inputs]
    with GradientTape() as tape:
        tape.watch(inputs)
        result = function(*inputs)
    return [np.asarray(g, "float64") for g in tape.gradient(result, inputs)]


def _tolerance(slope, inputs, limits):
    truth, eps = slope(*inputs), float(limits.eps)
    size = np.minimum(np.max(np.abs(inputs), axis=0), 1000)
    floor = limits.tiny if limits.bits == 32 else 16 * limits.smallest_subnormal
    allowed = 8 * eps * np.abs(truth) + float(floor) * (1 + size)
    for i in range(len(inputs)):
        for factor in (1 - eps, 1 + eps):
            moved = slope(*(x * factor if i == j else x for j, x in enumerate(inputs)))
            change = np.abs(moved - truth)
            allowed += 4 * np.where(np.isfinite(change), change, 0)
    return truth, allowed


def _check(case, dtype, inputs):
    limits = np.finfo(dtype)
    with np.errstate(all="ignore"):
        for gradient, slope in zip(_gradients(case.function, inputs), case.slopes, strict=True):
            truth, allowed = _tolerance(slope, [x.astype("float64") for x in inputs], limits)
            overflows = np.abs(truth) > float(limits.max) / 4
            wrong = np.where(
                overflows,
                np.sign(gradient) * np.sign(truth) * np.abs(gradient) < float(limits.max) / 8,
                ~(np.abs(gradient - truth) <= allowed),
            )
            places = np.flatnonzero(wrong)[:3]
            assert not places.size, [
                ([float(x[i]) for x in inputs], gradient[i], truth[i]) for i in places
            ]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("case", ONE, ids=str)
def test_slope_of_one_input(case, dtype):
    _check(case, dtype, [_drawn(dtype, case.domain)])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("case", TWO, ids=str)
def test_slopes_of_two_inputs(case, dtype):
    _check(case, dtype, _drawn_pairs(dtype, case.domain))


@pytest.mark.parametrize("size", [1e-30, 1e-19, 1.0, 1e19, 1e30])
@pytest.mark.parametrize("order", [2, 3])
def test_normalizing_does_not_depend_on_the_size(size, order):
    random = np.random.default_rng(3)
    x = random.standard_normal((4, 5)).astype("float32")
    cotangent = random.standard_normal((4, 5)).astype("float32")

    def gradient(x):
        x = ops.convert_to_tensor(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.normalize(x, order=order, epsilon=1e-37)
        return np.asarray(y), np.asarray(tape.gradient(y, x, cotangent), "float64")

    (y, slope), (scaled_y, scaled_slope) = gradient(x), gradient(x * np.float32(size))
    np.testing.assert_allclose(scaled_y, y, rtol=2e-6)
    np.testing.assert_allclose(scaled_slope * size, slope, atol=2e-6)


@pytest.mark.parametrize(
    ("dtype", "offsets", "tolerance"),
    [("float32", (0, 1e3, 1e5, 1e7, 1e30), 1e-6), ("float16", (0, 200, 2000, 30000), 2e-3)],
)
def test_shares_of_logsumexp_add_up_to_one(dtype, offsets, tolerance):
    for offset in offsets:
        x = (np.array([[0.1, 0.2, 0.3], [0.25, -0.4, 0.1]]) + offset).astype(dtype)
        for axis, keepdims in ((None, False), (0, True), (-1, False), ((0, 1), True)):
            (gradient,) = _gradients(
                lambda x, a=axis, k=keepdims: ops.logsumexp(x, axis=a, keepdims=k), [x]
            )
            powers = np.exp(x.astype("float64") - x.astype("float64").max())
            truth = powers / powers.sum(axis, keepdims=True)
            np.testing.assert_allclose(gradient, truth, atol=tolerance)


def test_lengths_of_large_and_small_vectors():
    for size in (1e-30, 1.0, 1e30):
        x = np.array([[3, 4, 0], [0, 0, 0]], "float32") * np.float32(size)
        np.testing.assert_allclose(ops.norm(x, axis=-1), [5 * size, 0], rtol=1e-6)
        np.testing.assert_allclose(ops.norm(x), 5 * size, rtol=1e-6)
        np.testing.assert_allclose(ops.norm(x, 3, axis=1), [91 ** (1 / 3) * size, 0], rtol=1e-6)


def test_lengths_of_whole_numbers_and_of_nothing():
    np.testing.assert_allclose(ops.normalize(np.ones((1, 2), "int32")), [[0.5**0.5] * 2], rtol=1e-6)
    for order in (None, 2, 3):
        np.testing.assert_array_equal(ops.norm(np.zeros((2, 0), "float32"), order, axis=1), [0, 0])


def test_length_zero_has_gradient_zero():
    for function in (ops.norm, lambda x: ops.cdist(x, ops.zeros((1, 3)))):
        (gradient,) = _gradients(function, [np.zeros((2, 3), "float32")])
        np.testing.assert_array_equal(gradient, 0)
