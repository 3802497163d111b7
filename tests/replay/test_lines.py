"""What follows from variables alone is computed again when one has another value, and only then."""

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers, ops
from minicnn.autodiff import Tensor, Variable
from minicnn.autodiff.tracing import recorded_as_one_call, traced
from minicnn.replay.lines import CachedCall, split
from minicnn.replay.program import Recording


def draw(seed, *shapes):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


def recorded(function, arrays, variables):
    recording = Recording(arrays, list(variables))
    with recording.open():
        result = function(*[Tensor(x) for x in arrays])
    recording.finish(result)
    assert recording.obstacle is None
    return recording


class Counted:
    """A kernel that counts its calls."""

    def __init__(self):
        self.calls = 0
        self.__name__ = "counted"

    def __call__(self, x):
        self.calls += 1
        return x * np.float32(2)

    def on(self, x):
        return Tensor(traced(self, x.array if isinstance(x, Tensor) else x.snapshot().array))


@pytest.fixture
def kernel():
    return Counted()


def test_it_is_computed_once_for_all_inputs(kernel):
    weight = Variable(draw(1, (3,))[0])
    program = recorded(lambda x: x * kernel.on(weight) + 1.0, draw(2, (3,)), [weight]).program()
    kernel.calls = 0
    for seed in range(5):
        (x,) = draw(seed, (3,))
        np.testing.assert_array_equal(program(x).array, x * (weight.numpy() * 2) + 1)
    assert kernel.calls == 1


def test_each_new_value_counts_at_once_and_so_does_an_old_one(kernel):
    first, second = (Variable(x) for x in draw(1, (3,), (3,)))

    def function(x):
        return x * kernel.on(first) + kernel.on(second)

    program = recorded(function, draw(2, (3,)), [first, second]).program()
    (x,) = draw(3, (3,))
    before = first.snapshot()
    for change in (
        lambda: first.assign(first * 3.0),
        lambda: second.assign(second - 1.0),
        lambda: first.assign(np.zeros(3)),
        lambda: first.restore(before),
        lambda: second.assign(second.numpy()),
    ):
        change()
        expected = x * (first.numpy() * 2) + second.numpy() * 2
        for _ in range(2):
            np.testing.assert_array_equal(program(x).array, expected)


def test_what_depends_on_inputs_is_computed_each_time(kernel):
    weight = Variable(draw(1, (3,))[0])
    program = recorded(lambda x: kernel.on(x * weight), draw(2, (3,)), [weight]).program()
    kernel.calls = 0
    for seed in range(3):
        (x,) = draw(seed, (3,))
        np.testing.assert_array_equal(program(x).array, x * weight.numpy() * 2)
    assert kernel.calls == 3


def test_variables_that_the_program_changes_are_read_each_time(kernel):
    state, weight = Variable(np.ones(2, "float32")), Variable(np.ones(2, "float32"))

    def function(x):
        y = x + kernel.on(state) * kernel.on(weight)
        state.assign(state + 1.0)
        return y

    program = recorded(function, draw(1, (2,)), [state, weight]).program()
    kernel.calls = 0
    state.assign([1.0, 1.0])
    for i in range(4):
        assert program(np.zeros(2, "float32")).tolist() == [4 * (1 + i)] * 2
    assert kernel.calls == 4 + 1


class Stepping:
    def __init__(self, variable):
        self.variable, self.name = variable, "stepping"

    @recorded_as_one_call
    def step(self):
        self.variable.assign(self.variable + 1.0)


def test_behind_a_call_that_may_change_any_variable_nothing_is_kept(kernel):
    weight = Variable(np.ones(2, "float32"))
    stepping = Stepping(weight)

    def function(x):
        y = x * kernel.on(weight)
        stepping.step()
        return y

    recording = recorded(function, draw(1, (2,)), [weight])
    assert split(recording._lines, recording._uses)[0] == ""
    program = recording.program()
    weight.assign([1.0, 1.0])
    for i in range(4):
        assert program(np.ones(2, "float32")).tolist() == [2 * (1 + i)] * 2


def test_results_of_the_program_are_new_each_time():
    weight = Variable(draw(1, (3,))[0])

    def function(x):
        return {"same": ops.exp(weight), "other": x + ops.exp(weight)}

    program = recorded(function, draw(2, (3,)), [weight]).program()
    (x,) = draw(3, (3,))
    first = program(x)
    expected = {name: y.array.copy() for name, y in first.items()}
    for y in first.values():
        y.array[...] = 0
    for name, y in program(x).items():
        np.testing.assert_array_equal(y.array, expected[name])


def test_a_result_that_is_kept_and_returned_under_two_names():
    weight = Variable(draw(1, (3,))[0])

    def function(x):
        scaled = weight * 2.0
        return [scaled, ops.exp(scaled) + x]

    program = recorded(function, draw(2, (3,)), [weight]).program()
    (x,) = draw(3, (3,))
    for _ in range(3):
        scaled, other = program(x)
        np.testing.assert_array_equal(scaled.array, weight.numpy() * 2)
        np.testing.assert_array_equal(other.array, ops.exp(scaled).array + x)
        weight.assign(weight + 1.0)


def test_old_values_of_variables_are_not_held():
    weight = Variable(draw(1, (3,))[0])
    program = recorded(lambda x: x * ops.exp(weight), draw(2, (3,)), [weight]).program()
    program(*draw(3, (3,)))
    old = weakref.ref(weight.snapshot().array)
    weight.assign(np.zeros(3))
    assert old() is None


def test_an_interrupt_keeps_nothing_that_is_half_done(kernel):
    weight = Variable(draw(1, (3,))[0])
    program = recorded(lambda x: x * kernel.on(weight), draw(2, (3,)), [weight]).program()
    (x,) = draw(3, (3,))
    program(x)
    weight.assign(weight + 1.0)
    call = Counted.__call__
    Counted.__call__ = _interrupt
    try:
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                program(x)
    finally:
        Counted.__call__ = call
    np.testing.assert_array_equal(program(x).array, x * (weight.numpy() * 2))


def _interrupt(self, x):
    raise KeyboardInterrupt


STEPS = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: ops.tanh(a),
    lambda a, b: ops.maximum(a, b),
    lambda a, b: ops.reshape(a, (3, 2)) @ ops.reshape(b, (2, 3)),
    lambda a, b: ops.transpose(a),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=10),
    st.lists(st.integers(0, 2), max_size=3),
    st.lists(st.integers(0, 2), max_size=5),
)
def test_any_program_gives_what_the_computation_gives(choices, assigned, changed):
    """Drawn: what is computed from two inputs and three variables, which of these the computation
    assigns, and which are changed between two runs.
    """

    def make():
        variables = [Variable(x) for x in draw(1, (2, 3), (2, 3), (2, 3))]

        def function(*inputs):
            values = [*variables, *inputs]
            for kind, i, j in choices:
                one, other = values[i % len(values)], values[j % len(values)]
                if one.shape == other.shape == (2, 3):
                    values.append(STEPS[kind % len(STEPS)](one, other))
            for i in assigned:
                variables[i].assign(inputs[0] * (i + 1.0) + variables[(i + 1) % 3])
            return [*values[5:], inputs[0] * 2.0]

        return variables, function

    inputs = draw(2, (2, 3), (2, 3))
    replayed, function = make()
    program = recorded(function, inputs, replayed).program()
    executed, function = make()
    function(*map(Tensor, inputs))
    for seed, change in enumerate([None, None, *changed]):
        if change is not None:
            for variables in (replayed, executed):
                variables[change].assign(variables[change] * 0.5 + 1.0)
        inputs = draw(seed, (2, 3), (2, 3))
        expected = function(*map(Tensor, inputs))
        for one, other in zip(program(*inputs), expected, strict=True):
            np.testing.assert_array_equal(one.array, other.array)
        for one, other in zip(replayed, executed, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())


def normalized():
    inputs = keras.Input((8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3)(inputs)))
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3)(x))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    model.compile("adam", "mse")
    return model


def test_a_model_folds_its_normalizations_once_and_again_after_each_training(monkeypatch):
    calls = []
    begin = CachedCall.__init__

    def counting(self, function):
        begin(self, lambda *arrays: calls.append(1) or function(*arrays))

    monkeypatch.setattr(CachedCall, "__init__", counting)
    model, (x,), y = normalized(), draw(1, (12, 8, 8, 3)), np.ones((12, 2))
    for _ in range(2):  # what the first prediction builds makes the second record again
        model.predict(x, batch_size=2, verbose=0)
    for expected in (0, 1, 1):
        calls.clear()
        predicted = model.predict(x, batch_size=2, verbose=0)
        model.predict(x, batch_size=2, verbose=0)
        assert len(calls) == expected
        parts = [np.asarray(model(x[i : i + 2], training=False)) for i in range(0, 12, 2)]
        np.testing.assert_array_equal(predicted, np.concatenate(parts))
        model.fit(x, y, batch_size=4, verbose=0)
        model.evaluate(x, y, batch_size=2, verbose=0)


def test_evaluation_is_that_of_executed_steps_after_each_training():
    results = []
    (x,) = draw(1, (12, 8, 8, 3))
    for eagerly in (True, False):
        keras.utils.set_random_seed(4)
        model = normalized()
        model.compile("adam", "mse", run_eagerly=eagerly)
        results.append(
            [
                model.fit(
                    x,
                    np.ones((12, 2)),
                    batch_size=2,
                    verbose=0,
                    epochs=2,
                    validation_data=(x, np.zeros((12, 2))),
                    validation_batch_size=2,
                ).history
                for _ in range(2)
            ]
        )
    assert results[0] == results[1]
