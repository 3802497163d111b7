"""One step of every optimizer beside real Keras, as it is after 10^k steps.

Powers of the step's number, averages and schedules must not stop, or lose digits, late in a long
training. The rule for all variables at once and `update_step` are tried, on both backends.
"""

import functools

import numpy as np
import pytest

from minicnn import Variable, config, optimizers
from tests.optimizers.test_trajectories import ADAM, RATE

SHAPES = ((7,), (2, 3, 4))
LATE = [10**k for k in range(1, 9)]
# The defaults too: 0.999 to the power of 1000 is not nearly zero yet.
BY_DEFAULT = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl")
CASES = [
    *((name, {}) for name in (*BY_DEFAULT, "Lion", "Lamb", "Adafactor")),
    ("Adam", ADAM),
    ("Adam", {"amsgrad": True, "beta_2": 1 - 2.0**-17}),
    ("AdamW", {"beta_1": 1 - 2.0**-12, "beta_2": 1 - 2.0**-17}),
    ("Adamax", {"beta_1": 1 - 2.0**-15}),
    ("Lamb", {"beta_1": 1 - 2.0**-12, "beta_2": 1 - 2.0**-17}),
    ("Adafactor", {"beta_2_decay": -0.25, "relative_step": False}),
    ("SGD", {"momentum": 0.875, "nesterov": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.875}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.875, "ema_overwrite_frequency": 5}),
    ("Adam", {"gradient_accumulation_steps": 7}),
    ("Adam", {"weight_decay": 0.0625, "clipnorm": 0.5}),
]
SCHEDULES = {
    "ExponentialDecay": (RATE, 10**5, 0.5),
    "InverseTimeDecay": (RATE, 10**4, 0.5),
    "PolynomialDecay": (RATE, 10**6, RATE / 8, 2.0),
    "CosineDecay": (RATE, 10**6, 0.125),
    "CosineDecayRestarts": (RATE, 10**4),
    "PiecewiseConstantDecay": (
        (500, 5000, 50_000, 500_000),
        (RATE, RATE / 2, RATE / 3, RATE / 4, RATE / 5),
    ),
}


def numbers(*name):
    rng = np.random.default_rng([*name])
    return [rng.normal(size=shape).astype("float32") for shape in SHAPES]


def late_steps(make, library, variable):
    """All variables after one step from each number of steps, all from the same state."""
    found = {}
    for iterations in LATE:
        weights = [variable(w) for w in numbers(1)]
        optimizer = make(library)
        optimizer.build(weights)
        for i, state in enumerate(optimizer.variables[2:]):
            drawn = np.random.default_rng([2, i]).uniform(0.5, 0.7, state.shape)
            state.assign(drawn.astype("float32"))
        optimizer._iterations.assign(iterations)  # `iterations` counts accumulated steps as one
        optimizer.apply([library.ops.convert_to_tensor(g) for g in numbers(3)], weights)
        found[iterations] = [np.array(v.numpy(), "float64") for v in weights]
        found[iterations] += [np.array(v.numpy(), "float64") for v in optimizer.variables]
    return found


@functools.cache
def of_keras(keras, name, settings):
    return late_steps(
        lambda k: getattr(k.optimizers, name)(**dict(settings)), keras, keras.Variable
    )


def assert_same_steps(ours, theirs):
    for iterations in LATE:
        for i, (a, b) in enumerate(zip(ours[iterations], theirs[iterations], strict=True)):
            start = numbers(1)[i].astype("float64") if i < len(SHAPES) else 0
            change = np.abs(b - start).max()
            off = np.abs(a - b).max()
            allowed = 1e-4 * change + 4e-7 * np.abs(b).max()
            assert off <= allowed, f"after {iterations} steps, variable {i}: {off} of {change}"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_a_step_late_in_training(backend, keras, together, name, settings):
    import minicnn

    config.set_fusion(together)
    ours = late_steps(lambda k: getattr(k.optimizers, name)(**settings), minicnn, Variable)
    assert_same_steps(ours, of_keras(keras, name, tuple(settings.items())))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_learning_rate_late_in_training(keras, name):
    import minicnn

    ours, theirs = (getattr(k.optimizers.schedules, name) for k in (minicnn, keras))
    for iterations in (0, *LATE):
        expected = float(theirs(*SCHEDULES[name])(iterations))
        assert float(ours(*SCHEDULES[name])(iterations)) == pytest.approx(expected, rel=2e-5)


def test_the_counter_goes_on():
    optimizer, weight = optimizers.SGD(), Variable(1.0)
    optimizer.build([weight])
    for iterations in (*LATE, 2**31 - 2):
        optimizer.iterations.assign(iterations)
        optimizer.apply([np.float32(1)], [weight])
        assert int(optimizer.iterations) == iterations + 1
