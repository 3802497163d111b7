"""Every kind of dropout drops with its rate, also a tiny one or one close to 1: a binomial test.

Rates are kept to multiples of 2⁻¹⁶ (`backend/numpy/random.py`), so a probability may differ from
the rate by half of that, and a count by DEVIATIONS standard deviations.
"""

import numpy as np
import pytest

from minicnn import layers, random

COUNT = 2_000_000
RATES = [3e-5, 1e-4, 0.0007, 0.002, 0.0101, 0.06, 1 / 3, 0.5, 0.7213, 0.955, 0.9983, 0.9999]
DEVIATIONS = 5
SHAPES = {1: (2000, 1, 1000), 2: (2000, 1, 1, 1000), 3: (2000, 1, 1, 1, 1000)}


def assert_binomial(events, rate):
    """As many events as `rate` lets expect, in all of them and in each half of the bits' order."""
    for part in (events.ravel(), events.ravel()[::2], events.ravel()[1::2]):
        deviation = np.sqrt(part.size * rate * (1 - rate))
        expected = part.size * rate
        slack = part.size * 2.0**-17 + DEVIATIONS * deviation
        assert abs(np.count_nonzero(part) - expected) <= slack, f"rate {rate}"


@pytest.mark.parametrize("rate", RATES)
def test_single_elements(backend, rate):
    y = random.dropout(np.ones((1000, COUNT // 1000), "float32"), rate, seed=5).numpy()
    assert_binomial(y == 0, rate)
    assert np.unique(y[y != 0]).size == 1
    np.testing.assert_allclose(y.max(), 1 / (1 - rate), rtol=1e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_types(backend, rate, dtype):
    y = random.dropout(np.ones(COUNT, dtype), rate, seed=6).numpy()
    assert_binomial(y == 0, rate)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("rate", [1e-4, 0.002, 1 / 3])
def test_sixteen_bits_do_not_change_the_share(backend, rate, policy):
    for layer in (layers.AlphaDropout(rate, seed=7, dtype=policy), layers.Dropout(rate, seed=1)):
        y = layer(np.ones(COUNT, "float32"), training=True).numpy()
        assert_binomial(y == np.unique(y)[0], rate)


def made(rate):
    noise_shape = (None, 1, None)
    return {
        "Dropout": (layers.Dropout(rate, seed=1), (COUNT,)),
        "Dropout of slices": (layers.Dropout(rate, noise_shape, seed=2), SHAPES[1]),
        "SpatialDropout1D": (layers.SpatialDropout1D(rate, seed=3), SHAPES[1]),
        "SpatialDropout2D": (layers.SpatialDropout2D(rate, seed=4), SHAPES[2]),
        "SpatialDropout3D": (layers.SpatialDropout3D(rate, seed=5), SHAPES[3]),
        "SpatialDropout2D of rows": (
            layers.SpatialDropout2D(rate, data_format="channels_first", seed=6),
            (2000, 1000, 1, 1),
        ),
        "AlphaDropout": (layers.AlphaDropout(rate, seed=7), (COUNT,)),
        "AlphaDropout of slices": (layers.AlphaDropout(rate, noise_shape, seed=8), SHAPES[1]),
    }


@pytest.mark.parametrize("rate", [1e-4, 0.002, 0.0101, 1 / 3, 0.9983])
@pytest.mark.parametrize("name", made(0.5))
def test_layers(backend, name, rate):
    layer, shape = made(rate)[name]
    y = layer(np.ones(shape, "float32"), training=True).numpy()
    # AlphaDropout's dropped elements are not zero; but there are two values, the kept one larger.
    values = np.unique(y)
    assert values.size == 2
    assert_binomial(y == values[0], rate)


@pytest.mark.parametrize("rate", [1e-4, 0.002, 0.0101, 1 / 3, 0.9, 0.9983])
def test_the_noise_of_gaussian_dropout(backend, rate):
    """Its mean is 1, its variance rate / (1 − rate)."""
    y = layers.GaussianDropout(rate, seed=1)(np.ones(COUNT, "float32"), training=True).numpy()
    y = y.astype("float64")
    variance = rate / (1 - rate)
    assert abs(y.mean() - 1) <= DEVIATIONS * np.sqrt(variance / COUNT) + 1e-7
    assert abs(y.var() / variance - 1) <= DEVIATIONS * np.sqrt(2 / COUNT) + 1e-5


@pytest.mark.parametrize("rate", [0.002, 0.3])
def test_the_gradient_drops_the_same_elements(backend, rate):
    from minicnn import GradientTape, ops

    x = ops.convert_to_tensor(np.ones((700, 1300), "float32"))
    cotangent = np.random.default_rng(0).uniform(1, 2, x.shape).astype("float32")
    with GradientTape() as tape:
        tape.watch(x)
        y = random.dropout(x, rate, seed=9)
    gradient = tape.gradient(y, x, output_gradients=ops.convert_to_tensor(cotangent)).numpy()
    assert_binomial(gradient == 0, rate)
    np.testing.assert_allclose(gradient, cotangent * y.numpy(), rtol=1e-6)
