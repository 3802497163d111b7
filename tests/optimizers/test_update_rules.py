"""An optimizer's rule, which changes all variables by one kernel, does what its `update_step` says.

Where both round once for each operation, as on the NumPy backend, most cases are the same bit for
bit. In general each step may add a few roundings to a weight, relative to the weight and its steps.
"""

import numpy as np
import pytest

from minicnn import Variable, config, optimizers
from minicnn.optimizers import update_rules

STEPS = 30
SHAPES = ((), (3,), (5, 1, 3), (31, 17))
CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-2}),
    ("Adam", {"amsgrad": True, "beta_2": 0.6}),
    ("AdamW", {"weight_decay": 0.5}),
    ("AdamW", {"weight_decay": 0.5, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.8}),
    ("RMSprop", {"centered": True, "rho": 0.6}),
    ("RMSprop", {"centered": True, "momentum": 0.8, "rho": 0.6}),
    ("RMSprop", {"weight_decay": 0.25}),
]
SHARED = [
    {"weight_decay": 0.5},
    {"clipnorm": 5.0, "use_ema": True, "ema_momentum": 0.25, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 2, "weight_decay": 0.25},
    {"global_clipnorm": 1.0, "loss_scale_factor": 4.0},
]
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def walk(name, settings, dtype, together):
    """Weights and the optimizer's own variables after some random steps."""
    config.set_fusion(together)
    rng = np.random.default_rng(7)
    variables = [Variable(rng.normal(size=shape), dtype=dtype) for shape in SHAPES]
    optimizer = getattr(optimizers, name)(learning_rate=2.0**-6, **settings)
    optimizer.build(variables)
    assert update_rules.replaces_step(optimizer) is together
    path = []
    for _ in range(STEPS):
        size = 10.0 ** rng.uniform(-2, 0.5)
        optimizer.apply([size * rng.normal(size=shape) for shape in SHAPES], variables)
        path.append([as_float64(v) for v in variables])
    return path, [as_float64(v) for v in optimizer.variables]


def as_float64(variable):
    return np.asarray(variable.numpy()).astype("float64")


def assert_rule_is_the_step(name, settings, dtype):
    (rule, rule_state), (step, step_state) = (
        walk(name, settings, dtype, together) for together in (True, False)
    )
    bound = 16 * EPSILON[dtype]
    moved = [np.abs(last - first).max() for last, first in zip(step[-1], step[0], strict=True)]
    assert min(moved) > 0.01
    for t, (ours, theirs) in enumerate(zip(rule, step, strict=True), 1):
        for one, other in zip(ours, theirs, strict=True):
            difference = np.abs(one - other).max()
            assert difference <= bound * (1 + t / 4), f"{name} is off after step {t}"
    for one, other in zip(rule_state, step_state, strict=True):
        np.testing.assert_allclose(one, other, 16 * bound, bound)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_the_rule_is_the_step(backend, name, settings, dtype):
    assert_rule_is_the_step(name, settings, dtype)


@pytest.mark.parametrize("shared", SHARED, ids="-".join)
@pytest.mark.parametrize(("name", "settings"), [CASES[2], CASES[5], CASES[11]], ids=str)
def test_the_rule_is_the_step_under_shared_settings(backend, name, settings, shared):
    assert_rule_is_the_step(name, {**settings, **shared}, "float32")


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_numpy_both_are_the_same_bit_for_bit(name, dtype):
    config.set_backend("numpy")
    settings = {"amsgrad": True} if name != "SGD" else {"momentum": 0.9, "nesterov": True}
    (rule, rule_state), (step, step_state) = (
        walk(name, settings, dtype, together) for together in (True, False)
    )
    for one, other in zip([*rule[-1], *rule_state], [*step[-1], *step_state], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_rule_that_differs_is_found():
    """The check itself can fail, by a thousandth of a setting."""
    right = optimizers.Adam.update_rule

    class Wrong(optimizers.Adam):
        def update_rule(self, learning_rate):
            kernel, state, (alpha, *rest) = right(self, learning_rate)
            return update_rules.UpdateRule(kernel, state, (alpha * 1.001, *rest))

    optimizers.Wrong = Wrong
    try:
        with pytest.raises(AssertionError, match="Wrong is off after step 1"):
            assert_rule_is_the_step("Wrong", {}, "float32")
    finally:
        del optimizers.Wrong


def one_step(cls):
    variable = Variable([1.0, 2.0])
    cls(0.5).apply([[1.0, 1.0]], [variable])
    return variable.numpy().tolist()


def test_a_step_of_ones_own_is_what_happens(backend):
    class Twice(optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, 2 * learning_rate)

    class Child(Twice):
        pass

    assert one_step(optimizers.SGD) == [0.5, 1.5]
    assert one_step(Twice) == one_step(Child) == [0.0, 1.0]


def test_a_rule_of_ones_own_stands_for_the_inherited_step(backend):
    calls = []

    class Counted(optimizers.SGD):
        def update_rule(self, learning_rate):
            calls.append(learning_rate)
            return super().update_rule(learning_rate)

    assert one_step(Counted) == [0.5, 1.5]
    assert len(calls) == 1
    config.set_fusion(False)
    assert one_step(Counted) == [0.5, 1.5]
    assert len(calls) == 1


def test_a_step_exchanged_at_run_time_is_what_happens(monkeypatch):
    monkeypatch.setattr(optimizers.SGD, "update_step", lambda self, g, v, lr: v.assign(v * 0))
    assert one_step(optimizers.SGD) == [0.0, 0.0]


def test_an_optimizer_without_a_step_says_so():
    class Nothing(optimizers.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing does not say.*`update_step"):
        one_step(Nothing)
