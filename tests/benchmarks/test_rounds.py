"""Candidates run in turn; one that fails is left out."""

from __future__ import annotations

import pytest

from benchmarks.rounds import Candidate, Measurement, run
from benchmarks.worker import Failed


def measurement() -> Measurement:
    return Measurement("training", "convnet", "µs per sample", {"batch": 32})


def test_candidates_take_turns_and_each_begins_a_round():
    told, order = [], []

    def candidate(name, value):
        def once():
            order.append(name)
            return value

        return Candidate(once, lambda: told.append(f"prepared {name}"))

    found = measurement()
    run(found, {name: candidate(name, i) for i, name in enumerate("abc")}, 4, told.append)
    assert "".join(order) == "abcbcacababc"
    assert found.samples == {"a": [0] * 4, "b": [1] * 4, "c": [2] * 4}
    assert found.failures == {}
    assert told[:2] == ["training: convnet, batch 32: preparing a", "prepared a"]
    assert told[-1] == "training: convnet, batch 32: round 4 of 4"


@pytest.mark.parametrize("where", ["prepare", "round"])
def test_a_failing_candidate_is_left_out_and_the_others_continue(where):
    calls = iter([1.0, None, 1.0, 1.0])

    def fail():
        if where == "prepare" or next(calls) is None:
            raise Failed("a: out of memory")
        return 1.0

    found = measurement()
    broken = Candidate(lambda: fail(), fail if where == "prepare" else lambda: None)
    run(found, {"a": broken, "b": Candidate(lambda: 2.0)}, 3)
    assert found.samples == {"b": [2.0] * 3}
    assert found.failures == {"a": "a: out of memory"}


def test_all_candidates_may_fail():
    def fail():
        raise Failed("no")

    found = measurement()
    run(found, {"a": Candidate(fail)}, 2)
    assert found.samples == {}


def test_other_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        run(measurement(), {"a": Candidate(lambda: 1 / 0)}, 1)
