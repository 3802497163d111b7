"""The program of a recording computes the same to the last bit, for other inputs."""

import ast
import enum
import gc
import keyword
import random
import unicodedata
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import ops
from minicnn.autodiff import GradientTape, Tensor, Variable
from minicnn.autodiff.tracing import recorded_as_one_call, traced
from minicnn.replay.program import Recording


def record(function, arrays, variables=()):
    """The recording of `function(*tensors)` for these arrays, and its result."""
    recording = Recording(arrays, list(variables))
    with recording.open():
        result = function(*[Tensor(x) for x in arrays])
    recording.finish(result)
    return recording, result


def draw(seed, *shapes):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


UNARY = (ops.tanh, ops.relu, ops.softmax, ops.square, lambda x: ops.transpose(x) @ x, ops.negative)
BINARY = (ops.add, ops.multiply, ops.maximum, lambda x, y: ops.concatenate([x, y, x]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=8))
def test_a_program_gives_what_the_computation_gives(choices):
    def function(x, y):
        values = [x, y]
        for kind, first, second in choices:
            one, other = values[first % len(values)], values[second % len(values)]
            if kind < len(UNARY):
                values.append(UNARY[kind](one))
            elif one.shape == other.shape:
                values.append(BINARY[kind - len(UNARY)](one, other))
        return {"last": values[-1], "all": [ops.sum(v) for v in values]}

    recording, _ = record(function, draw(1, (3, 4), (3, 4)))
    assert recording.obstacle is None
    arrays = draw(2, (3, 4), (3, 4))
    expected = function(*map(Tensor, arrays))
    found = recording.program()(*arrays)
    np.testing.assert_array_equal(found["last"].array, expected["last"].array)
    np.testing.assert_array_equal(np.stack(found["all"]), np.stack(expected["all"]))


def test_gradients_of_gradients_are_kernels_like_any_others():
    def function(x):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as inner:
                inner.watch(x)
                y = ops.sum(ops.tanh(x) ** 3)
            slope = inner.gradient(y, x)
            height = ops.sum(slope * slope)
        return outer.gradient(height, x)

    recording, _ = record(function, draw(1, (5,)))
    (x,) = draw(2, (5,))
    np.testing.assert_array_equal(recording.program()(x).array, function(Tensor(x)).array)


def test_variables_are_read_when_the_program_runs_and_assigned_at_its_end():
    total, unused = Variable(1.0, name="total"), Variable(5.0, name="unused")

    def function(x):
        total.assign_add(ops.sum(x))
        total.assign(total * 2.0)
        return total.value + x

    recording, _ = record(function, [np.float32([1, 2])], [total, unused])
    assert total.numpy() == 8
    total.assign(0.5)
    assert recording.program()(np.float32([1, 1])).tolist() == [6, 6]
    assert total.numpy() == 5
    assert "unused" not in recording.source()


def test_computations_with_random_numbers_draw_others_each_time():
    generator, twin = keras.random.SeedGenerator(3), keras.random.SeedGenerator(3)

    def function(x, generator=generator):
        return keras.random.dropout(x, 0.5, seed=generator)

    (x,) = draw(1, (40,))
    recording, first = record(function, [x], [generator.state])
    expected = [function(Tensor(x), twin).array for _ in range(3)]
    found = [first.array, *(recording.program()(x).array for _ in range(2))]
    np.testing.assert_array_equal(found, expected)
    assert (expected[0] != expected[1]).any()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: x * 2 if float(ops.sum(x)) > 0 else x, "looks at the values"),
        (lambda x: x * int(np.asarray(x).argmax()), "looks at the values"),
        (lambda x: x if x[0] > 0 else -x, "looks at the values"),
        (lambda x: x + Tensor(x.array[1:2]), "outside of operations"),
        (lambda x: x + Tensor(x.array.reshape(3, 1)), "outside of operations"),
    ],
)
def test_what_depends_on_values_cannot_be_replayed(function, reason):
    recording, _ = record(function, draw(1, (3,)))
    assert reason in recording.obstacle
    assert not recording.same_as(recording)


def test_one_array_in_two_places_leaves_open_which_is_meant():
    (x,) = draw(1, (3,))
    assert "several" in record(lambda x, y: x + y, [x, x])[0].obstacle
    first = Variable(np.zeros(2))
    second = Variable(np.zeros(2))
    second.assign(first)
    assert "several" in record(lambda x: x, [x], [first, second])[0].obstacle


def test_a_value_that_no_kernel_made_cannot_be_assigned():
    variable = Variable(1.0, name="counter")
    recording, _ = record(lambda x: variable.assign(3.0) and x, draw(1, (3,)), [variable])
    assert "'counter'" in recording.obstacle


def test_constants_that_change_make_another_program():
    (x,) = draw(1, (3,))

    def record_with(constant):
        return record(lambda x: x * Tensor(np.float32(constant)), [x])[0]

    assert record_with([1, 2, 3]).same_as(record_with([1, 2, 3]))
    assert not record_with([1, 2, 3]).same_as(record_with([1, 2, 4]))
    assert not record_with([1, 2, 3]).same_as(record_with([2]))
    noise = [record(lambda x: x * random.random(), [x])[0] for _ in range(2)]
    assert not noise[0].same_as(noise[1])


def test_other_kernels_and_settings_make_another_program():
    x = draw(1, (3, 3))
    recordings = [
        record(function, x)[0]
        for function in (ops.sum, ops.mean, lambda x: ops.sum(x, axis=0), ops.negative)
    ]
    for i, one in enumerate(recordings):
        for j, other in enumerate(recordings):
            assert one.same_as(other) == (i == j)


def test_what_depends_on_constants_alone_is_computed_once():
    calls = []

    def count(x):
        calls.append(1)
        return x + 1

    recording, _ = record(lambda x: x + Tensor(traced(count, np.ones(3, "float32"))), draw(1, (3,)))
    (x,) = draw(2, (3,))
    np.testing.assert_array_equal(recording.program()(x).array, x + 2)
    assert len(calls) == 1


def test_a_recording_holds_no_array_but_constants():
    made = []

    def function(x):
        y = ops.tanh(x)
        made.append(weakref.ref(y.array))
        return ops.sum(y)

    recording, result = record(function, draw(1, (30,)))
    gc.collect()
    assert made[0]() is None
    program = recording.program()
    assert program(np.zeros(30, "float32")).array == 0
    del result


def test_the_program_reads_like_the_computation():
    kernel = Variable(np.ones((2, 2), "float32"), name="kernel")
    recording, _ = record(lambda x: ops.relu(x @ kernel.value), draw(1, (3, 2)), [kernel])
    assert recording.source().splitlines() == [
        "def step(input_1):",
        "    v0 = variables[0].snapshot().array  # kernel",
        "    a1 = matmul(input_1, v0)",
        "    a2 = relu(a1)",
        "    del a1",
        "    return Tensor(a2)",
    ]


NAMES = [
    *(
        "fi",
        "\ufb01",
        "a",
        "\u00aa",
        "x\u00b2",
        "conv\u2081",
        "h\u00bd",
        "e\u0301",
        "\u00e9",
        "K",
        "\u212a",
    ),
    *(
        "class",
        "None",
        "print",
        "a1",
        "v0",
        "v1",
        "input_1",
        "Tensor",
        "variables",
        "step",
        "del a1",
    ),
    *(
        "a\nb",
        "a\r",
        "x # y",
        "\x00",
        "\x0c",
        "\u2028",
        "\u202e",
        "\ud800",
        "\\",
        "'",
        '"""',
        " ",
        "_",
    ),
]


@pytest.mark.parametrize("seed", range(3))
def test_names_that_users_give_stand_in_comments_only(seed):
    names = random.Random(seed).sample(NAMES, len(NAMES))
    variables = [Variable(np.float32([i, 1]), name=name) for i, name in enumerate(names)]

    def function(x):
        sums = {v.name: ops.sum(x * v.value) for v in variables}
        for v in variables[::2]:
            v.assign_add(x)
        return sums

    recording, _ = record(function, [np.float32([1, 2])], variables)
    assert recording.obstacle is None
    (x,) = draw(seed, (2,))
    before = [v.snapshot() for v in variables]
    expected = function(Tensor(x))
    after = [v.numpy() for v in variables]
    for variable, value in zip(variables, before, strict=True):
        variable.restore(value)
    found = recording.program()(x)
    assert [*found] == [*expected] == names
    np.testing.assert_array_equal([*found.values()], [*expected.values()])
    np.testing.assert_array_equal([v.numpy() for v in variables], after)
    assert_only_own_names(recording.source())


def assert_only_own_names(text):
    names = [node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    assert len(names) > 3
    for name in names:
        assert name.isascii()
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert unicodedata.normalize("NFKC", name) == name


class Color(enum.StrEnum):
    RED = "red"


class Shouting(str):
    def __repr__(self):
        return "raise SystemExit"


@pytest.mark.parametrize("key", [Color.RED, Shouting("x"), np.str_("y"), 3, (1, "a"), None, "a3"])
def test_keys_of_results_may_be_anything(key):
    def function(x):
        y = ops.tanh(x)
        return {key: y, "other": [ops.sum(ops.square(y))]}

    recording, _ = record(function, draw(1, (3,)))
    (x,) = draw(2, (3,))
    found, expected = recording.program()(x), function(Tensor(x))
    assert [type(name) for name in found] == [type(name) for name in expected]
    np.testing.assert_array_equal(found[key].array, expected[key].array)
    np.testing.assert_array_equal(found["other"][0].array, expected["other"][0].array)


@pytest.mark.parametrize(
    "name", ["\ufb01", "None", "class", "a2", "v1", "input_1", "Tensor", "x" * 999, ""]
)
def test_functions_may_have_any_name(name):
    def kernel(x):
        return x + 1

    kernel.__name__ = name
    recording, _ = record(lambda x: Tensor(traced(kernel, ops.tanh(x).array)), draw(1, (3,)))
    (x,) = draw(2, (3,))
    np.testing.assert_array_equal(recording.program()(x).array, np.tanh(x) + 1)
    assert_only_own_names(recording.source())


def test_text_among_the_settings_is_not_taken_for_a_name():
    def kernel(x, text):
        return x + len(text)

    def function(x):
        y = Tensor(traced(kernel, ops.tanh(x).array, text="a9 a1 v0"))
        return Tensor(traced(kernel, ops.tanh(y).array, text="a2"))

    recording, _ = record(function, draw(1, (3,)))
    (x,) = draw(2, (3,))
    np.testing.assert_array_equal(recording.program()(x).array, function(Tensor(x)).array)


class Update:
    """Adds a Python number to variables, as optimizers do."""

    name = "update"
    number = 1.0

    @recorded_as_one_call
    def apply(self, tensors, variables):
        self.number += 1.0
        for tensor, variable in zip(tensors, variables, strict=True):
            variable.assign(float(ops.sum(tensor)) * self.number + variable.numpy())


ACTIONS = st.tuples(
    st.sampled_from(["assign", "compute", "update"]), st.integers(0, 2), st.integers(0, 9)
)


@settings(deadline=None)
@given(st.lists(ACTIONS, max_size=9))
def test_a_method_recorded_as_one_call_is_called_again_in_its_place(actions):
    def run_all(x, update, variables):
        values = [x]
        for kind, i, j in actions:
            tensor = values[j % len(values)]
            if kind == "assign":
                variables[i].assign(variables[i] * 0.5 + ops.mean(tensor))
            elif kind == "compute":
                values.append(ops.tanh(tensor) * variables[i])
            else:
                update.apply([tensor], [variables[i]])
        return values

    def fresh():
        return Update(), [Variable(float(i), name=f"v{i}") for i in range(3)]

    first, second, third = (x for x in draw(4, (3,), (3,), (3,)))
    update, variables = fresh()
    expected = [run_all(Tensor(x), update, variables) for x in (first, second, third)]
    replayed_update, replayed = fresh()
    recording, _ = record(lambda x: run_all(x, replayed_update, replayed), [first], replayed)
    assert recording.obstacle is None
    program = recording.program()
    for x, values in zip((second, third), expected[1:], strict=True):
        np.testing.assert_array_equal([*map(np.asarray, program(x))], [*map(np.asarray, values)])
    assert replayed_update.number == update.number
    assert [v.numpy() for v in replayed] == [v.numpy() for v in variables]


def test_variables_that_share_a_value_after_a_call_leave_open_which_is_meant():
    class Sharing:
        @recorded_as_one_call
        def apply(self, one, other):
            one.assign(np.ones(3))
            other.assign(one)

    one, other = Variable(np.zeros(3)), Variable(np.full(3, 2.0))

    def function(x, read):
        Sharing().apply(one, other)
        return x + other if read else x

    (x,) = draw(1, (3,))
    assert record(lambda x: function(x, False), [x], [one, other])[0].obstacle is None
    one.assign(np.zeros(3))
    assert "several" in record(lambda x: function(x, True), [x], [one, other])[0].obstacle
