"""Fifty steps of every optimizer beside real Keras, with the same gradients.

Keras on TensorFlow rounds settings such as 0.9 to float32, in float64 computations too. The
settings of CASES are sums of few powers of two: nothing is rounded, and the bounds are tight.
"""

import functools

import numpy as np
import pytest

from minicnn import Variable, config, optimizers
from minicnn.optimizers import schedules

STEPS = 50
SHAPES = ((), (7,), (2, 3, 4, 5))
RATE = 2.0**-6

ADAM = {"learning_rate": RATE, "beta_1": 0.875, "beta_2": 0.96875, "epsilon": 2.0**-10}
CASES = [
    ("SGD", {"learning_rate": RATE}),
    ("SGD", {"learning_rate": RATE, "momentum": 0.875}),
    ("SGD", {"learning_rate": RATE, "momentum": 0.875, "nesterov": True}),
    ("Adam", ADAM),
    ("Adam", {**ADAM, "amsgrad": True}),
    ("AdamW", {**ADAM, "weight_decay": 0.0625}),
    ("RMSprop", {"learning_rate": RATE, "rho": 0.875, "epsilon": 2.0**-10}),
    ("RMSprop", {"learning_rate": RATE, "rho": 0.875, "momentum": 0.75}),
    ("RMSprop", {"learning_rate": RATE, "rho": 0.75, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"learning_rate": RATE, "initial_accumulator_value": 0.25, "epsilon": 2.0**-10}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.875, "epsilon": 2.0**-10}),
    ("Adamax", ADAM),
    ("Nadam", ADAM),
    ("Ftrl", {"learning_rate": RATE, "initial_accumulator_value": 0.25}),
    (
        "Ftrl",
        {
            "learning_rate": RATE,
            "initial_accumulator_value": 0.25,
            "learning_rate_power": -0.625,
            "l1_regularization_strength": 0.25,
            "l2_regularization_strength": 0.125,
            "l2_shrinkage_regularization_strength": 0.0625,
            "beta": 0.5,
        },
    ),
    ("Lion", {"learning_rate": RATE, "beta_1": 0.875, "beta_2": 0.96875}),
    ("Lamb", ADAM),
    ("Adafactor", {"learning_rate": RATE, "epsilon_2": 2.0**-4, "clip_threshold": 0.75}),
    # settings at their borders, and beyond them where nothing refuses it
    ("SGD", {"learning_rate": RATE, "momentum": 0.0, "nesterov": True}),
    ("SGD", {"learning_rate": RATE, "momentum": 1.0}),
    ("Adam", {**ADAM, "beta_1": 0.0}),
    ("Adam", {**ADAM, "beta_2": 0.0}),
    ("RMSprop", {"learning_rate": RATE, "rho": 0.875, "momentum": -0.5}),
    ("Adagrad", {"learning_rate": RATE, "initial_accumulator_value": 0.0, "epsilon": 2.0**-10}),
]
SHARED = [
    {"clipnorm": 0.5},
    {"clipvalue": 0.25},
    {"global_clipnorm": 2.0},
    {"weight_decay": 0.0625},
    {"use_ema": True, "ema_momentum": 0.875},
    {"use_ema": True, "ema_momentum": 0.875, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 4, "weight_decay": 0.0625},
    {
        "gradient_accumulation_steps": 3,
        "clipnorm": 0.5,
        "use_ema": True,
        "ema_momentum": 0.75,
        "ema_overwrite_frequency": 2,
    },
    {"loss_scale_factor": 8.0},
]
SCHEDULES = [
    ("ExponentialDecay", (0.01, 7, 0.8)),
    ("PiecewiseConstantDecay", ((5, 20), (0.01, 0.002, 0.001))),
    ("PolynomialDecay", (0.01, 9, 0.001, 2.0, True)),
    ("CosineDecay", (0.001, 20, 0.1, "name", 0.02, 10)),
]


def _start(dtype):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in SHAPES]


def _gradients(dtype):
    """For each step a gradient for each variable, some short and some long, some zero."""
    rng = np.random.default_rng(1)
    for step in range(STEPS):
        size = 10.0 ** rng.uniform(-2, 1)
        gradients = [np.asarray(size * rng.normal(size=shape), dtype) for shape in SHAPES]
        gradients[1][step % 7] = 0
        yield gradients


def _walk(optimizer, variables, dtype):
    """The variables after each step, and the optimizer's own in the end."""
    path = []
    for gradients in _gradients(dtype):
        optimizer.apply(gradients, variables)
        path.append([v.numpy() for v in variables])
    return path, [v.numpy() for v in optimizer.variables]


@functools.cache
def _keras_walk(name, settings, dtype):
    import keras

    settings = {
        key: getattr(keras.optimizers.schedules, value[0])(*value[1])
        if key == "learning_rate" and isinstance(value, tuple)
        else value
        for key, value in settings
    }
    variables = [keras.Variable(w, dtype=dtype) for w in _start(dtype)]
    return _walk(getattr(keras.optimizers, name)(**settings), variables, dtype)


def _compare(name, settings, dtype, rtol, atol):
    their_path, their_state = _keras_walk(name, tuple(settings.items()), dtype)
    rate = settings.get("learning_rate")
    if isinstance(rate, tuple):
        settings = {**settings, "learning_rate": getattr(schedules, rate[0])(*rate[1])}
    optimizer = getattr(optimizers, name)(**settings)
    start = _start(dtype)
    path, state = _walk(optimizer, [Variable(w, dtype=dtype) for w in start], dtype)
    assert all(
        np.abs(last - first).max() > 1e-4 for last, first in zip(path[-1], start, strict=True)
    )
    for step, (ours, theirs) in enumerate(zip(path, their_path, strict=True)):
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol, atol, err_msg=f"after step {step}")
    for mine, other in zip(state, their_state, strict=True):
        np.testing.assert_allclose(mine, other, rtol, atol * (1 + np.abs(other).max()))


def _id(case):
    name, settings = case
    return f"{name}-{'-'.join(map(str, settings))}"


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize(("name", "settings"), CASES, ids=map(_id, CASES))
def test_float64(backend, name, settings):
    # The 0.96 of Nadam's formula is rounded, too.
    bound = 1e-6 if name == "Nadam" else 1e-11
    _compare(name, settings, "float64", bound, bound)


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize(("name", "settings"), CASES[:9], ids=map(_id, CASES[:9]))
def test_the_plain_step_in_float64(name, settings):
    """Without kernels, which those of the first cases have, `update_step` is executed."""
    config.set_fusion(False)
    _compare(name, settings, "float64", 1e-11, 1e-11)


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_defaults_in_float32(name):
    # Steps of 1e-3 and less, of weights of about 1.
    _compare(name, {}, "float32", 2e-6, 2e-6)


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize(
    ("case", "shared"),
    [*((CASES[1], shared) for shared in SHARED), (CASES[3], SHARED[5]), (CASES[3], SHARED[7])],
    ids=lambda x: x[0] if isinstance(x, tuple) else "-".join(x),
)
def test_settings_of_all_optimizers(case, shared):
    name, settings = case
    _compare(name, {**settings, **shared}, "float64", 1e-11, 1e-11)


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule):
    # Keras computes the rate in float32.
    _compare("SGD", {"learning_rate": schedule, "weight_decay": 0.0625}, "float64", 1e-5, 1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_both_backends_take_the_same_float32_steps(name):
    results = []
    for backend in ("numpy", "numba"):
        config.set_backend(backend)
        optimizer = getattr(optimizers, name)(learning_rate=0.01)
        path, _ = _walk(optimizer, [Variable(w) for w in _start("float32")], "float32")
        results.append(path[-1])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-7)
