"""The compiled recurrent layers against the definitions in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import config
from minicnn.backend.numba import recurrent as fast
from minicnn.backend.numba.recurrent.backward import backward
from minicnn.backend.numba.recurrent.forward import forward
from minicnn.backend.numpy import recurrent as exact

GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3, "gru_reset_before": 3}


@st.composite
def cases(draw):
    cell = draw(st.sampled_from(sorted(GATES)))
    sizes = [draw(st.integers(1, most)) for most in (40, 5, 6, 34)]
    return cell, *sizes, draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 2**32))


def random_case(cell, batch, steps, inputs, units, biased, masked, seed):
    rng = np.random.default_rng(seed)
    columns, states = GATES[cell] * units, 2 if cell == "lstm" else 1

    def draw(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype("float32")

    bias = draw(2, columns) if cell == "gru" else draw(columns)
    return (
        draw(batch, steps, inputs),
        draw(states, batch, units),
        draw(inputs, columns, scale=inputs**-0.5),
        draw(units, columns, scale=units**-0.5),
        bias if biased else None,
        (rng.random((batch, steps)) > 0.4).astype("float32") if masked else None,
    ), draw(states, batch, steps, units)


def wide(arrays):
    return [None if a is None else a.astype("float64") for a in arrays]


def check(case):
    cell, arrays, cotangent = case[0], *random_case(*case)
    before = [None if a is None else a.copy() for a in arrays]
    states, gates = fast.recurrent_layer(*arrays, cell)
    found = fast.recurrent_layer_gradients(cotangent, states, gates, *arrays, cell)
    true_states, true_gates = exact.recurrent_layer(*wide(arrays), cell)
    expected = exact.recurrent_layer_gradients(
        cotangent.astype("float64"), true_states, true_gates, *wide(arrays), cell
    )
    np.testing.assert_allclose(states, true_states, rtol=0, atol=1e-5)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            assert a.shape == b.shape
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=0, atol=3e-5 * max(1, np.abs(b).max()))
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (
        fast.recurrent_layer_gradients(cotangent, states, gates, *arrays, cell, input_needed=False)[
            0
        ]
        is None
    )


@settings(max_examples=40)
@given(cases())
def test_any_sizes(case):
    check(case)


@pytest.mark.parametrize("cell", GATES)
def test_batches_that_are_cut_into_pieces(cell):
    check((cell, 131, 3, 4, 17, True, True, 3))


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("batch", [1, 25])
@pytest.mark.parametrize("input_needed", [True, False])
def test_many_steps(cell, batch, input_needed):
    """More rows than are kept, and a last group of steps that is not full."""
    arrays, cotangent = random_case(cell, batch, 103, 3, 18, True, True, 4)
    states, gates = fast.recurrent_layer(*arrays, cell)
    given = cotangent, states, gates, *arrays
    found = fast.recurrent_layer_gradients(*given, cell, input_needed)
    true = wide(arrays)
    expected = exact.recurrent_layer_gradients(
        cotangent.astype("float64"), *exact.recurrent_layer(*true, cell), *true, cell, input_needed
    )
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(b).max())


@pytest.mark.parametrize("cell", GATES)
def test_read_only_weights_are_compiled_for_once(cell):
    arrays, cotangent = random_case(cell, 2, 3, 16, 16, True, False, 5)
    before = compiled_versions()
    for writeable in (True, False):
        for a in arrays[:-1]:
            a.flags.writeable = writeable
        after, gates = fast.recurrent_layer(*arrays, cell)
        fast.recurrent_layer_gradients(cotangent, after, gates, *arrays, cell)
    for new, old in zip(compiled_versions(), before, strict=True):
        assert new <= max(1, old)


def compiled_versions():
    return [len(getattr(kernel, "overloads", ())) for kernel in (forward, backward)]


@pytest.mark.parametrize("cell", GATES)
def test_the_number_of_threads_changes_no_bit(cell):
    arrays, cotangent = random_case(cell, 67, 4, 3, 16, True, False, 1)
    found = []
    for threads in (1, 2):
        config.set_threads(threads)
        after, gates = fast.recurrent_layer(*arrays, cell)
        given = cotangent, after, gates, *arrays
        found.append((after, *fast.recurrent_layer_gradients(*given, cell)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.without_jit
@pytest.mark.parametrize("cell", GATES)
def test_groups_of_six_samples_and_of_fewer(cell):
    check((cell, 7, 2, 3, 2, True, True, 6))


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("units", [5, 16])
def test_nothing_follows_a_row_and_other_types_are_defined(cell, units):
    arrays, _ = random_case(cell, 3, 2, 4, units, True, True, 2)
    strided = [np.repeat(a, 2, axis=-1)[..., ::2] for a in arrays]
    found = fast.recurrent_layer(*strided, cell)
    np.testing.assert_array_equal(found[0], fast.recurrent_layer(*arrays, cell)[0])
    for x, y in zip(
        fast.recurrent_layer(*wide(arrays), cell),
        exact.recurrent_layer(*wide(arrays), cell),
        strict=True,
    ):
        np.testing.assert_array_equal(x, y)
