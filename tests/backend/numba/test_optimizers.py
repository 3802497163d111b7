"""Steps of optimizers in one launch against the definition, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import optimizers as fast
from minicnn.backend.numpy import optimizers as exact

# Name, the arrays of a parameter (weights, gradient, state), settings.
RULES = {
    "adam": (4, (np.float64(0.01), 0.9, 0.99, 1e-4)),
    "sgd": (2, (0.1,)),
    "momentum": (3, (0.1, 0.9)),
    "nesterov": (3, (0.1, 0.9, True)),
    "rmsprop": (3, (0.01, 0.9, 0.0, 1e-4)),
    "decay": (1, (0.03,)),
}
rules = st.sampled_from(sorted(RULES))
shapes = st.lists(
    st.one_of(
        st.just(()),
        st.tuples(st.integers(0, 40)),
        st.tuples(st.integers(1, 5), st.integers(1, 30)),
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
    ),
    max_size=6,
)


def arrays_of(rule, shapes, seed, dtype="float32"):
    """For each kind a list of arrays. Those of squares are positive."""
    rng = np.random.default_rng(seed)
    return [
        [np.asarray(rng.uniform(0.5, 2, shape), dtype) for shape in shapes]
        for _ in range(RULES[rule][0])
    ]


def run(module, rule, arrays):
    """Lists of results."""
    steps = getattr(module, {"nesterov": "momentum"}.get(rule, rule) + "_steps")
    nothing = [[None] * len(arrays[0])] * 2 if rule == "rmsprop" else []
    results = steps(*arrays, *nothing, *RULES[rule][1])
    if rule == "rmsprop":
        results = results[:2]
    return list(results) if isinstance(results, tuple) else [results]


@given(rules, shapes, st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_many_parameters_in_one_launch(rule, shapes, seed):
    arrays = arrays_of(rule, shapes, seed)
    before = [[array.copy() for array in kind] for kind in arrays]
    wide = [[array.astype("float64") for array in kind] for kind in arrays]
    found, expected = run(fast, rule, arrays), run(exact, rule, wide)
    for kind, exact_kind in zip(found, expected, strict=True):
        for one, other in zip(kind, exact_kind, strict=True):
            assert one.shape == other.shape and one.dtype == np.float32
            # A handful of roundings of numbers of size 2 at most.
            np.testing.assert_allclose(one, other, atol=12 * np.finfo("float32").eps)
    for kind, kept in zip(arrays, before, strict=True):
        for one, other in zip(kind, kept, strict=True):
            np.testing.assert_array_equal(one, other)
            assert not any(np.shares_memory(one, new) for results in found for new in results)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_together_is_bit_by_bit_one_by_one(rule):
    arrays = arrays_of(rule, [(3, 5), (9,), (), (100, 700), (17,)], 1)
    together = run(fast, rule, arrays)
    for i in range(len(arrays[0])):
        alone = run(fast, rule, [[kind[i]] for kind in arrays])
        for kind, one in zip(together, alone, strict=True):
            np.testing.assert_array_equal(kind[i], one[0])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_any_number_of_threads(rule, assert_same_on_any_threads):
    arrays = arrays_of(rule, [(3, 5), (301, 703), (9,), (200, 200)], 2)
    assert_same_on_any_threads(lambda: [x for kind in run(fast, rule, arrays) for x in kind])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_arrays_that_are_not_contiguous(rule):
    arrays = arrays_of(rule, [(11, 13), (20,)], 3)
    turned = [[np.asfortranarray(kind[0]), kind[1][::-1].copy()[::-1]] for kind in arrays]
    for kind, other in zip(run(fast, rule, arrays), run(fast, rule, turned), strict=True):
        for one, two in zip(kind, other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("dtypes", [("float64",), ("float16", "float32")])
def test_other_types_are_the_definitions(rule, dtypes):
    columns = [arrays_of(rule, [(20,)], 4, dtype) for dtype in dtypes]
    arrays = [[array for (array,) in kinds] for kinds in zip(*columns, strict=True)]
    for kind, other in zip(run(fast, rule, arrays), run(exact, rule, arrays), strict=True):
        for one, two, dtype in zip(kind, other, dtypes, strict=True):
            assert one.dtype == dtype
            np.testing.assert_array_equal(one, two)


def test_a_gradient_of_another_shape_is_never_read_beyond_its_end():
    w, g = np.ones((4, 10), "float32"), np.ones(10, "float32")
    np.testing.assert_array_equal(fast.sgd_steps([w], [g], 0.5)[0], np.full((4, 10), 0.5))
    with pytest.raises(ValueError, match="broadcast"):
        fast.sgd_steps([w], [np.ones(9, "float32")], 0.5)


def test_nan_stays_in_its_place():
    w, g = np.ones((2, 30), "float32")
    g[20] = np.nan
    (found,), _, _ = fast.adam_steps([w], [g], [w], [w], 0.1, 0.9, 0.99, 1e-7)
    np.testing.assert_array_equal(np.isnan(found), np.arange(30) == 20)


@pytest.mark.parametrize("rule", ["adam", "sgd", "momentum", "rmsprop"])
def test_one_parameter(rule):
    arrays = arrays_of(rule, [(4, 7)], 6)
    nothing = (None, None) if rule == "rmsprop" else ()
    row = *(kind[0] for kind in arrays), *nothing, *RULES[rule][1]
    found = getattr(fast, f"{rule}_step")(*row)
    expected = run(fast, rule, arrays)
    np.testing.assert_array_equal(found if rule == "sgd" else found[0], expected[0][0])
