"""Fifty steps of every optimizer beside real Keras, with the same gradients."""

import numpy as np
import pytest

from minicnn import Variable, config, optimizers
from minicnn.optimizers import schedules

STEPS = 50
SHAPES = ((), (1,), (7,), (3, 5), (2, 3, 4, 3))

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.02}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {"weight_decay": 0.05}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.7}),
    ("RMSprop", {"momentum": 0.7, "centered": True, "rho": 0.8}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Ftrl", {"learning_rate": 0.05}),
    (
        "Ftrl",
        {
            "learning_rate": 0.05,
            "learning_rate_power": -0.4,
            "l1_regularization_strength": 0.3,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.2,
        },
    ),
    ("Lion", {"learning_rate": 0.01}),
    ("Lamb", {}),
    ("Adafactor", {"learning_rate": 0.05}),
]
SHARED = [
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 2.0},
    {"weight_decay": 0.1},
    {"use_ema": True, "ema_momentum": 0.9},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 4, "weight_decay": 0.1},
    {
        "gradient_accumulation_steps": 3,
        "clipnorm": 0.5,
        "use_ema": True,
        "ema_momentum": 0.8,
        "ema_overwrite_frequency": 2,
    },
    {"loss_scale_factor": 8.0},
]
SCHEDULES = [
    ("ExponentialDecay", (0.01, 7, 0.8)),
    ("ExponentialDecay", (0.01, 7, 0.8, True)),
    ("PiecewiseConstantDecay", ([5, 20], [0.01, 0.002, 0.001])),
    ("PolynomialDecay", (0.01, 9, 0.001, 2.0, True)),
    ("InverseTimeDecay", (0.01, 7, 0.8)),
    ("CosineDecay", (0.001, 20, 0.1, "name", 0.02, 10)),
    ("CosineDecayRestarts", (0.01, 6, 1.5, 0.8, 0.1)),
]


def _start(dtype):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(dtype) for shape in SHAPES]


def _gradients(dtype):
    """For each step a gradient for each variable, some short and some long, some zero."""
    rng = np.random.default_rng(1)
    for step in range(STEPS):
        size = 10.0 ** rng.uniform(-2, 1)
        gradients = [size * rng.normal(size=shape) for shape in SHAPES]
        gradients[2][step % 7] = 0
        yield [np.asarray(g, dtype) for g in gradients]


def _walk(optimizer, variables, dtype):
    """The variables after each step."""
    path = []
    for gradients in _gradients(dtype):
        optimizer.apply(gradients, variables)
        path.append([np.array(v) for v in variables])
    return path


def _compare(keras, name, settings, keras_settings, dtype, rtol, atol):
    ours = getattr(optimizers, name)(**settings)
    theirs = getattr(keras.optimizers, name)(**keras_settings)
    our_path = _walk(ours, [Variable(w, dtype=dtype) for w in _start(dtype)], dtype)
    their_path = _walk(theirs, [keras.Variable(w, dtype=dtype) for w in _start(dtype)], dtype)
    moved = max(
        np.abs(last - first).max() for last, first in zip(our_path[-1], _start(dtype), strict=True)
    )
    assert moved > 1e-3
    for step, (our_weights, their_weights) in enumerate(zip(our_path, their_path, strict=True)):
        for mine, other in zip(our_weights, their_weights, strict=True):
            np.testing.assert_allclose(mine, other, rtol, atol, err_msg=f"after step {step}")
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol, 10 * atol, err_msg=other.path)


def _id(case):
    name, settings = case
    return f"{name}-{'-'.join(map(str, settings))}"


@pytest.mark.parametrize(("name", "settings"), CASES, ids=map(_id, CASES))
def test_float64(keras, backend, name, settings):
    _compare(keras, name, settings, settings, "float64", 1e-9, 1e-11)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=map(_id, CASES))
def test_float32(keras, name, settings):
    _compare(keras, name, settings, settings, "float32", 3e-5, 3e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("settings", SHARED, ids=lambda s: "-".join(s))
def test_settings_of_all_optimizers(keras, name, settings):
    _compare(keras, name, settings, settings, "float64", 1e-9, 1e-11)


@pytest.mark.parametrize(("schedule", "arguments"), SCHEDULES)
def test_schedules(keras, schedule, arguments):
    ours = getattr(schedules, schedule)(*arguments)
    theirs = getattr(keras.optimizers.schedules, schedule)(*arguments)
    settings, keras_settings = ({"learning_rate": s, "weight_decay": 0.1} for s in (ours, theirs))
    # Keras computes the rate in float32.
    _compare(keras, "SGD", settings, keras_settings, "float64", 1e-5, 1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_both_backends_take_the_same_float32_steps(name):
    paths = []
    for backend in ("numpy", "numba"):
        config.set_backend(backend)
        optimizer = getattr(optimizers, name)(learning_rate=0.01)
        variables = [Variable(w) for w in _start("float32")]
        paths.append(_walk(optimizer, variables, "float32")[-1])
    for first, second in zip(*paths, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-7)
