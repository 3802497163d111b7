"""Medians, quartiles and ratios."""

from __future__ import annotations

import pytest

from benchmarks.statistics import best, ratios, summary


def test_where_samples_lie():
    assert summary([5, 1, 4, 2, 3]) == (1, 2, 3, 4)
    assert summary([7]) == (7, 7, 7, 7)
    assert summary([1, 2]) == (1, 1.25, 1.5, 1.75)


def test_ratios_are_formed_in_each_round():
    # The second round met other load, which slowed both; the ratio does not know it.
    theirs, ours = [6, 60, 6.6], [2, 20, 2.2]
    assert ratios(theirs, ours) == pytest.approx([3, 3, 3])
    assert summary(ratios(theirs, ours)).median == pytest.approx(3)


def test_rounds_must_match():
    with pytest.raises(ValueError, match="2 rounds cannot be compared with 1"):
        ratios([1, 2], [1])


def test_the_best_of_several():
    samples = {"a": [3, 3, 3], "b": [2, 9, 2], "c": [1, 1, 1], "d": []}
    assert best(samples, ["a", "b"]) == "b"
    assert best(samples, ["d", "a"]) == "a"
    assert best(samples, ["d", "missing"]) is None
