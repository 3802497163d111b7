"""Random numbers have the distributions that they are named for, and never change."""

import math

import numpy as np
import pytest

from minicnn import config, ops, random
from minicnn.autodiff import GradientTape
from minicnn.ops.symbolic.keras_tensor import KerasTensor

COUNT = 200_000


def _check_moments(sample, mean, variance):
    """Mean and variance within five standard errors (the variance's from the fourth moment)."""
    x = np.asarray(sample, "float64").ravel()
    error = math.sqrt(variance / x.size)
    assert abs(x.mean() - mean) < 5 * error
    fourth = ((x - mean) ** 4).mean()
    assert abs(x.var() - variance) < 5 * math.sqrt((fourth - variance**2) / x.size)


def test_normal(backend):
    x = random.normal((COUNT,), mean=3.0, stddev=2.0, seed=1).numpy()
    _check_moments(x, 3, 4)
    for z, share in ((1, 0.682689), (2, 0.954500), (3, 0.997300)):
        assert abs((np.abs(x - 3) < 2 * z).mean() - share) < 0.005


def test_truncated_normal(backend):
    x = random.truncated_normal((COUNT,), mean=-1.0, stddev=0.5, seed=2).numpy()
    assert np.abs(x + 1).max() <= 1 + 1e-6
    _check_moments(x, -1, (0.5 * 0.87962566103423978) ** 2)


def test_uniform(backend):
    x = random.uniform((COUNT,), minval=-1.0, maxval=3.0, seed=3).numpy()
    assert x.min() >= -1 and x.max() < 3
    _check_moments(x, 1, 16 / 12)
    histogram, _ = np.histogram(x, bins=20, range=(-1, 3))
    assert np.abs(histogram / COUNT - 0.05).max() < 0.003


def test_uniform_never_reaches_its_end():
    # In float16 rounding would often reach it.
    x = random.uniform((COUNT,), minval=1.0, maxval=3.0, dtype="float16", seed=4).numpy()
    assert x.min() >= 1 and x.max() < 3


def test_randint(backend):
    x = random.randint((COUNT,), -3, 4, seed=5).numpy()
    assert sorted(set(x.tolist())) == list(range(-3, 4))
    assert np.abs(np.bincount(x + 3) / COUNT - 1 / 7).max() < 0.004


def test_categorical(backend):
    probabilities = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        x = random.categorical(np.log(probabilities) + 3, COUNT, seed=6).numpy()
    for row, expected in zip(x, probabilities, strict=True):
        assert np.abs(np.bincount(row, minlength=3) / COUNT - expected).max() < 0.005
    assert (x[1] < 2).all()


@pytest.mark.parametrize("alpha", [0.5, 1.0, 4.5])
def test_gamma(backend, alpha):
    _check_moments(random.gamma((COUNT,), alpha, seed=7).numpy(), alpha, alpha)


def test_beta(backend):
    x = random.beta((COUNT, 2), [[2.0, 0.5]], [[3.0, 1.5]], seed=8).numpy()
    assert x.min() >= 0 and x.max() <= 1
    for column, a, b in ((x[:, 0], 2, 3), (x[:, 1], 0.5, 1.5)):
        _check_moments(column, a / (a + b), a * b / (a + b) ** 2 / (a + b + 1))


@pytest.mark.parametrize(("trials", "chance"), [(10, 0.3), (500_000, 0.5)])
def test_binomial(backend, trials, chance):
    x = random.binomial((COUNT,), trials, chance, dtype="float64", seed=9).numpy()
    _check_moments(x, trials * chance, trials * chance * (1 - chance))
    assert (x == np.round(x)).all() and x.min() >= 0 and x.max() <= trials


def test_shuffle(backend):
    x = np.arange(24).reshape(4, 6)
    rows = random.shuffle(x, seed=1).numpy()
    columns = random.shuffle(x, axis=1, seed=1).numpy()
    assert sorted(map(tuple, rows)) == sorted(map(tuple, x)) and (rows != x).any()
    assert sorted(map(tuple, columns.T)) == sorted(map(tuple, x.T)) and (columns != x).any()
    places = np.array([random.shuffle(np.arange(3), seed=s).numpy() for s in range(900)])
    assert np.abs([np.bincount(p) / 900 - 1 / 3 for p in places.T]).max() < 0.08


DRAWS = {
    "normal": lambda: random.normal((5, 3), seed=11),
    "truncated_normal": lambda: random.truncated_normal((5, 3), seed=11),
    "uniform": lambda: random.uniform((5, 3), -1, 1, seed=11),
    "randint": lambda: random.randint((5, 3), 0, 100, seed=11),
    "categorical": lambda: random.categorical(np.zeros((2, 4)), 5, seed=11),
    "gamma": lambda: random.gamma((5, 3), 0.7, seed=11),
    "beta": lambda: random.beta((5, 3), 0.7, 2.0, seed=11),
    "binomial": lambda: random.binomial((5, 3), 20, 0.3, seed=11),
    "shuffle": lambda: random.shuffle(np.arange(10), seed=11),
    "dropout": lambda: random.dropout(np.ones((5, 3), "float32"), 0.3, seed=11),
}


@pytest.mark.parametrize("name", DRAWS)
def test_numbers_are_the_same_bits_each_time_and_in_both_backends(name):
    results = []
    for backend in ("numpy", "numba", "numba"):
        config.set_backend(backend)
        results.append(DRAWS[name]().numpy())
    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["normal", "truncated_normal", "uniform"])
def test_types_and_shapes(name, dtype):
    function = getattr(random, name)
    x = function([3, 2], dtype=dtype, seed=1)
    assert x.shape == (3, 2) and x.dtype == dtype
    assert function((), dtype=dtype, seed=1).shape == ()
    assert function((0, 4), dtype=dtype, seed=1).shape == (0, 4)


def test_the_default_type_is_floatx():
    config.set_floatx("float64")
    assert random.normal((2,), seed=1).dtype == "float64"


def test_an_unknown_length_gives_a_symbolic_tensor():
    generator = random.SeedGenerator(1)
    x = random.normal((None, 3), seed=generator)
    assert isinstance(x, KerasTensor) and x.shape == (None, 3)
    assert generator.state.numpy().tolist() == [1, 0]


def test_gradients_reach_the_mean_and_the_deviation():
    mean, stddev = ops.convert_to_tensor([1.0, 2.0]), ops.convert_to_tensor([0.5, 3.0])
    with GradientTape() as tape:
        tape.watch(mean)
        tape.watch(stddev)
        x = random.normal((2,), mean, stddev, seed=1)
        loss = ops.sum(x * np.array([2.0, 5.0], "float32"))
    by_mean, by_stddev = tape.gradient(loss, [mean, stddev])
    z = random.normal((2,), seed=1).numpy()
    np.testing.assert_allclose(by_mean.numpy(), [2, 5])
    np.testing.assert_allclose(by_stddev.numpy(), z * [2, 5], rtol=1e-6)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"`keras.random.randint` requires an integer `dtype`"):
        random.randint((3,), 0, 10, dtype="float64")
    with pytest.raises(ValueError, match="requires a floating point `dtype`"):
        random.uniform((3,), dtype="int64")
    with pytest.raises(ValueError, match="must be larger"):
        random.randint((3,), 5, 5)
    with pytest.raises(ValueError, match="should be a 2-D tensor"):
        random.categorical(np.ones(5), 5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        random.dropout(np.ones(5), 1.5)
    with pytest.raises(ValueError, match="one length for each axis"):
        random.dropout(np.ones((5, 2)), 0.5, noise_shape=(None, 1, 1))
