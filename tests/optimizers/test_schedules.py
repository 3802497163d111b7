"""Learning rate schedules beside real Keras and beside their formulas."""

import numpy as np
import pytest

from minicnn import Variable
from minicnn.optimizers import schedules

CASES = [
    ("ExponentialDecay", (0.1, 10, 0.5), {}),
    ("ExponentialDecay", (0.1, 10, 0.5), {"staircase": True}),
    ("InverseTimeDecay", (0.1, 10, 0.5), {}),
    ("InverseTimeDecay", (0.1, 10, 0.5), {"staircase": True}),
    ("PolynomialDecay", (0.1, 30), {}),
    ("PolynomialDecay", (0.1, 30, 0.01, 0.5), {"cycle": True}),
    ("PiecewiseConstantDecay", ([10, 20, 40], [1.0, 0.5, 0.25, 0.1]), {}),
    ("CosineDecay", (0.1, 30), {"alpha": 0.2}),
    ("CosineDecay", (0.0, 30), {"warmup_target": 0.1, "warmup_steps": 15}),
    ("CosineDecay", (0.1, 30), {"warmup_target": 0.2, "warmup_steps": 0}),
    ("CosineDecayRestarts", (0.1, 7), {}),
    ("CosineDecayRestarts", (0.1, 7), {"t_mul": 1.0, "m_mul": 0.9, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 7), {"t_mul": 1.5, "m_mul": 0.5}),
]
STEPS = [*range(13), 14, 15, 20, 21, 29, 30, 31, 40, 41, 45, 50, 59, 60, 61, 100]


@pytest.mark.parametrize(("name", "arguments", "settings"), CASES)
def test_rates_and_configs_are_those_of_keras(keras, name, arguments, settings):
    ours = getattr(schedules, name)(*arguments, **settings)
    theirs = getattr(keras.optimizers.schedules, name)(*arguments, **settings)
    rates = [float(ours(step)) for step in STEPS]
    np.testing.assert_allclose(rates, [float(theirs(s)) for s in STEPS], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(ours(np.array(STEPS)).numpy(), np.float32(rates))
    config = schedules.serialize(ours)
    assert config == keras.optimizers.schedules.serialize(theirs)
    again = schedules.deserialize(config)
    assert type(again) is type(ours) and again.get_config() == ours.get_config()


def test_the_step_may_be_a_variable():
    step = Variable(5, dtype="int64")
    assert float(schedules.ExponentialDecay(1.0, 5, 0.5)(step)) == 0.5


@pytest.mark.parametrize("t_mul", [2.0, 3.0, 5.0, 10.0, 1.5])
def test_no_restart_is_missed(t_mul):
    schedule = schedules.CosineDecayRestarts(1.0, 8, t_mul=t_mul)
    start = 0.0
    for i in range(6):
        assert float(schedule(start)) == pytest.approx(1.0, abs=1e-6), f"restart {i}"
        start += 8 * t_mul**i


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialDecay", (0.1, 0, 0.9)),
        ("InverseTimeDecay", (0.1, -1, 0.9)),
        ("PolynomialDecay", (0.1, 0)),
        ("CosineDecay", (0.1, 0)),
        ("CosineDecayRestarts", (0.1, 0)),
        ("PiecewiseConstantDecay", ([1, 2], [0.1, 0.2])),
    ],
)
def test_bad_settings_are_refused(name, arguments):
    with pytest.raises(ValueError, match=r"must be > 0|1 less than"):
        getattr(schedules, name)(*arguments)


def test_a_schedule_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="__call__"):
        schedules.LearningRateSchedule()(0)
    with pytest.raises(NotImplementedError, match="get_config"):
        schedules.LearningRateSchedule().get_config()
