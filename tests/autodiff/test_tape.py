"""Gradients are derivatives, wherever the tape is and however often it is asked."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import GradientTape, Tensor, Variable, ops
from minicnn.autodiff import is_recording, stop_recording


def tensor(rng, *shape):
    return Tensor(rng.normal(size=shape))


def test_a_tensor_used_twice_gets_the_sum(rng):
    x, c = tensor(rng, 4), tensor(rng, 4)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * ops.sin(x) + x
    expected = c.numpy() * (np.sin(x) + x.numpy() * np.cos(x) + 1)
    np.testing.assert_allclose(tape.gradient(y, x, output_gradients=c), expected)


def test_broadcasting_is_undone(rng):
    a, b, c = tensor(rng, 3, 1), tensor(rng, 2, 1, 5), tensor(rng, 2, 3, 5)
    with GradientTape() as tape:
        tape.watch([a, b])
        y = a * b
    da, db = tape.gradient(y, [a, b], output_gradients=c)
    np.testing.assert_allclose(da, (c.numpy() * b.numpy()).sum((0, 2))[:, None])
    np.testing.assert_allclose(db, (c.numpy() * a.numpy()).sum(1, keepdims=True))


def test_casts_are_undone(rng):
    x = Tensor(rng.normal(size=3).astype("float16"))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.cast(x, "float64") * 3
    gradient = tape.gradient(y, x)
    assert gradient.dtype == "float16"
    np.testing.assert_array_equal(gradient, [3, 3, 3])


def test_gradients_of_gradients(rng):
    x = tensor(rng, 5)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sin(x)
        first = inner.gradient(y, x)
        cubed = first**3
    np.testing.assert_allclose(first, np.cos(x))
    np.testing.assert_allclose(
        outer.gradient(cubed, x), -3 * np.cos(x) ** 2 * np.sin(x), rtol=1e-10
    )


def test_third_derivative_by_persistent_tapes():
    x = Tensor(np.asarray(0.7))
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        d = ops.exp(2 * x)
        for _ in range(3):
            d = tape.gradient(d, x)
    np.testing.assert_allclose(d, 8 * np.exp(1.4))


def test_asked_twice():
    x = Tensor(np.asarray(2.0))
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, x) == tape.gradient(y, x) == 4


def test_a_variable_is_found_after_it_was_assigned():
    v = Variable(3.0)
    with GradientTape() as tape:
        y = v * v
        v.assign(10.0)
        z = y + v
    assert tape.gradient(z, v) == 2 * 3.0 + 1


def test_what_is_not_reached_has_no_gradient(rng):
    x, other, frozen = tensor(rng, 2), tensor(rng, 2), Variable([1.0, 2.0], trainable=False)
    with GradientTape() as tape:
        tape.watch([x, other])
        y = x * frozen
    assert tape.gradient(y, {"x": other, "frozen": frozen}) == {"x": None, "frozen": None}


def test_outside_a_tape_nothing_is_recorded(rng):
    v = Variable(rng.normal(size=3))
    assert (v * 2).record is None
    with GradientTape():
        assert is_recording()
        with stop_recording():
            assert (v * 2).record is None
        assert (v * 2).record is not None
        assert (Tensor(np.ones(2)) * 2).record is None
    assert not is_recording()


def test_branches_that_nobody_asked_about_cost_nothing(rng):
    calls = []

    @ops.custom_gradient
    def expensive(x):
        def grad(upstream):
            calls.append(1)
            return upstream

        return x, grad

    x, w = tensor(rng, 2), tensor(rng, 2)
    with GradientTape() as tape:
        tape.watch([x, w])
        y = x * expensive(w)
    assert tape.gradient(y, x) is not None
    assert not calls


def test_intermediate_tensors_may_be_sources(rng):
    x = tensor(rng, 3)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * 2
        z = y * y
    dx, dy = tape.gradient(z, [x, y])
    np.testing.assert_allclose(dy, 2 * y.numpy())
    np.testing.assert_allclose(dx, 4 * y.numpy())


def test_several_targets_are_summed(rng):
    x = tensor(rng, 3)
    with GradientTape() as tape:
        tape.watch(x)
        targets = [x * 2, (x * 3, x * x)]
    np.testing.assert_allclose(tape.gradient(targets, x), 5 + 2 * x.numpy())


def test_records_go_when_the_result_goes(rng):
    x = tensor(rng, 1000)
    with GradientTape() as tape:
        tape.watch(x)
        middle = ops.exp(x)
        remembered = weakref.ref(middle)
        y = middle * 2
    del middle
    assert remembered() is not None
    gc.disable()
    try:
        del y
        assert remembered() is None, "a cycle of references keeps the graph alive"
    finally:
        gc.enable()


def test_of_several_outputs_some_may_be_gone(rng):
    x = tensor(rng, 6)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.split(x, 3)[1] * 2
    np.testing.assert_array_equal(tape.gradient(y, x), [0, 0, 2, 2, 0, 0])


@pytest.mark.parametrize("bad", [1.0, np.ones(2), "x"])
def test_only_tensors_are_watched(bad):
    with pytest.raises(TypeError, match="convert_to_tensor"), GradientTape() as tape:
        tape.watch(bad)


def test_whole_numbers_have_no_gradient():
    with pytest.raises(TypeError, match=r"int32.*Cast"), GradientTape() as tape:
        tape.watch(ops.convert_to_tensor([1, 2]))


def test_a_block_is_entered_once():
    with GradientTape() as tape:
        with pytest.raises(ValueError, match="recording already"), tape:
            pass
        assert is_recording()


OPERATIONS = [ops.sin, ops.tanh, ops.exp, lambda x: x * x, lambda x: -x, lambda x: x + 1]


@settings(max_examples=40, deadline=None)
@given(
    chain=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 3)), min_size=1, max_size=8
    ),
    seed=st.integers(0, 2**16),
)
def test_random_graphs_against_differences(chain, seed):
    """Values are picked from all those computed so far, so that graphs branch and join."""
    rng = np.random.default_rng(seed)
    start, direction = rng.uniform(0.1, 0.5, 3), rng.normal(size=3)

    def compute(x):
        values = [x]
        for operation, back in chain:
            first = values[-1 - back % len(values)]
            values.append(ops.tanh(operation(first) + values[-1]))
        return ops.sum(values[-1] * Tensor(np.array([1.0, -2.0, 0.5])))

    x = Tensor(start)
    with GradientTape() as tape:
        tape.watch(x)
        y = compute(x)
    step = 1e-5
    ahead, behind = (float(compute(Tensor(start + s * direction))) for s in (step, -step))
    slope = np.sum(np.asarray(tape.gradient(y, x)) * direction)
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_small_floats_have_gradients(dtype):
    """Watched tensors and variables of the type, casts to it and back, and second derivatives."""
    x, v = ops.cast([1.5, -2.0], dtype), Variable([3.0, 0.5], dtype=dtype)
    w = Variable([2.0, 4.0])
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(x * x * v * ops.cast(w, dtype))
        first = tape.gradient(y, [x, v, w])
    second = outer.gradient(first[0], x)
    right = [[18.0, -8.0], [4.5, 16.0], [6.75, 2.0]]
    for gradient, source, values in zip(first, (x, v, w), right, strict=True):
        assert str(gradient.dtype) == str(source.dtype)
        np.testing.assert_array_equal(np.asarray(gradient, "float32"), values)
    np.testing.assert_array_equal(np.asarray(second, "float32"), [12.0, 4.0])
