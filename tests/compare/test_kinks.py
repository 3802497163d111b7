"""Tests of the search for kinks: which units are close, and what forcing a branch does."""

import numpy as np
import pytest

from compare import kinks, sensitivity
from compare.kinks import Edges, Following, Windows
from compare.libraries.truth import Truth
from minicnn import ops
from minicnn.autodiff import GradientTape, Tensor

DECISIONS = [
    (lambda x: ops.relu(x), [1e-9, 1.0, -1.0], 0),
    (lambda x: ops.relu6(x), [3.0, 6 - 1e-9, -1.0], 3 + 1),
    (lambda x: ops.leaky_relu(x), [1.0, -1e-9, -1.0], 1),
    (lambda x: ops.abs(x), [1.0, 2.0, 1e-9], 2),
    (lambda x: ops.hard_sigmoid(x), [1.0, 3 + 1e-9, 0.0], 3 + 1),
    (lambda x: ops.clip(x, -1.0, 1.0), [-1 - 1e-9, 0.5, 3.0], 0),
    (lambda x: ops.maximum(x, 0.5), [0.5 + 1e-9, 2.0, 0.0], 0),
    (lambda x: ops.max(x), [1.0, 1 + 1e-9, 0.0], 0),
]


def gradient(function, x, *context):
    with Truth(confirm=False).settings():
        tensor = Tensor(np.float64(x))
        following = Following(*context)
        with following, GradientTape() as tape:
            tape.watch(tensor)
            y = function(tensor)
        return following.calls, tape.gradient(y, tensor).numpy()


@pytest.mark.parametrize(("function", "x", "index"), DECISIONS)
def test_the_other_branch_of_the_unit_at_a_kink(function, x, index):
    calls, exact = gradient(function, x)
    moved = [c._replace(margins=c.margins + 1e-9) for c in calls]
    units = kinks.close(calls, [moved], 16)
    assert [unit.index for unit in units] == [index]
    _, same = gradient(function, x, calls)
    _, other = gradient(function, x, calls, units)
    np.testing.assert_array_equal(same, exact)
    assert (other != exact).any()
    assert kinks.close(calls, [moved], 0.1) == []


@pytest.mark.parametrize("function", [d[0] for d in DECISIONS])
def test_branches_are_kept_when_numbers_move_across_a_kink(function, rng):
    x = rng.normal(size=5)
    calls, exact = gradient(function, x)
    _, kept = gradient(function, x + 1e-3 * rng.normal(size=5), calls)
    np.testing.assert_array_equal(kept != 0, exact != 0)


@pytest.mark.parametrize("settings", [(2,), (3, 2), (3, 1, "same"), (2, 2, "same")])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_the_windows_of_a_pool(settings, data_format, rng):
    x = rng.normal(size=(2, 7, 6, 5))
    function = lambda t: ops.max_pool(t, *settings, data_format=data_format)  # noqa: E731
    (call,), exact = gradient(function, x)
    assert len(call.margins) == np.prod(function(Tensor(x)).shape)
    assert (call.margins > 0).all()
    closest = int(call.margins.argmin())
    unit = kinks.Unit(0, closest, "max_pool")
    _, other = gradient(function, x, [call], [unit])
    if settings[0] == settings[-1] or len(settings) == 1:
        moved = np.flatnonzero(other != exact)
        assert set(moved) == {call.decisions.first[closest], call.decisions.second[closest]}


def test_equal_numbers_are_no_units():
    windows = Windows.of(np.zeros(4), np.array([[0, 1], [2, 3]]))
    assert np.isinf(windows.margins(np.zeros(4))).all()
    assert Edges.of(np.zeros(2), 0.0).margins(np.zeros(2)).tolist() == [0, 0]


def test_the_smallest_factor_that_is_noticed():
    assert sensitivity.smallest_noticed(lambda factor: factor > 1.01) == 2.0**-6
    assert sensitivity.smallest_noticed(lambda factor: False) is None
    found = sensitivity.summary(
        sensitivity.Sensitivity(name, x) for name, x in (("a", 0.5), ("b", None), ("c", 0.1))
    )
    assert [found[k]["quantity"] for k in ("best", "median", "worst")] == ["c", "a", "b"]
    assert "bluntest: no factor up to 17 on b" in sensitivity.sentence(found)
    assert "By kind" not in sensitivity.sentences(found)
    assert "nothing was compared" in sensitivity.sentence(sensitivity.summary([]))
